"""Which disk, and what is put on it: `storage` of the document."""
import fnmatch
import glob
import os
import subprocess

TARGET = "/target"
SKIPPED = ("loop", "ram", "zram", "sr", "fd", "nbd", "dm-", "md")


def run(*words, **more):
    return subprocess.run(words, check=True, text=True, **more)


def read(path):
    try:
        with open(path, encoding="utf-8") as text:
            return text.read().strip()
    except OSError:
        return ""


def properties(device):
    out = run("udevadm", "info", "--query=property", device,
              stdout=subprocess.PIPE).stdout
    return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)


class Disk:
    def __init__(self, name):
        self.path = f"/dev/{name}"
        self.size = int(read(f"/sys/block/{name}/size") or 0) * 512
        self.ssd = read(f"/sys/block/{name}/queue/rotational") == "0"
        self.usable = (self.size > 0 and
                       read(f"/sys/block/{name}/ro") == "0")
        self.properties = properties(self.path)

    def has(self, key, value):
        names = {"serial": "ID_SERIAL", "model": "ID_MODEL", "path": "DEVNAME",
                 "vendor": "ID_VENDOR", "id_path": "ID_PATH",
                 "devpath": "DEVPATH"}
        if key == "ssd":
            return self.ssd == value
        if key == "install-media":
            return not value
        if key == "size":
            return True
        return fnmatch.fnmatchcase(self.properties.get(names[key], ""), value)


def disks():
    names = sorted(os.path.basename(path) for path in glob.glob("/sys/block/*"))
    found = [Disk(name) for name in names if not name.startswith(SKIPPED)]
    return [disk for disk in found if disk.usable]


def choose(match):
    """The disk that a match takes; a list of them is tried in turn."""
    if isinstance(match, list):
        wanted = match
    else:
        wanted = [match]
    for one in wanted:
        found = [disk for disk in disks()
                 if all(disk.has(key, value) for key, value in one.items())]
        if found:
            found.sort(key=lambda disk: disk.size,
                       reverse=one.get("size") != "smallest")
            return found[0]
    raise RuntimeError(f"Failed to find matching device for {match}")


def plan(section):
    layout = section.get("layout")
    if not layout or layout.get("name") != "direct":
        raise RuntimeError(f"the stand-in knows no storage layout but direct: {layout or section}")
    return choose(layout.get("match", {"size": "largest"}))


def is_uefi():
    return os.path.isdir("/sys/firmware/efi")


def partition(disk):
    """An ESP or GRUB's own partition, and a root. The devices of both."""
    first = ("size=64M, type=U, name=esp" if is_uefi()
             else "size=1M, type=21686148-6449-6E6F-744E-656564454649")
    run("wipefs", "--all", "--quiet", disk.path)
    run("sfdisk", "--quiet", "--wipe", "always", disk.path,
        input=f"label: gpt\n{first}\ntype=L\n")
    run("udevadm", "settle")
    return f"{disk.path}1", f"{disk.path}2"


def make_file_systems(first, root):
    if is_uefi():
        run("mkfs.vfat", "-F", "32", "-n", "ESP", first, stdout=subprocess.DEVNULL)
    run("mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=1", root)
    os.makedirs(TARGET, exist_ok=True)
    run("mount", root, TARGET)
    if is_uefi():
        os.makedirs(f"{TARGET}/boot/efi")
        run("mount", first, f"{TARGET}/boot/efi")


def uuid_of(device):
    return run("blkid", "-s", "UUID", "-o", "value", device,
               stdout=subprocess.PIPE).stdout.strip()


def fstab(first, root):
    lines = [f"UUID={uuid_of(root)} / ext4 defaults 0 0"]
    if is_uefi():
        lines.append(f"UUID={uuid_of(first)} /boot/efi vfat umask=0077 0 0")
    return "\n".join(lines) + "\n"
