"""What is written into the installed system, as subiquity and curtin leave it."""
import glob
import os
import shutil
import subprocess
import uuid

import yaml

from storage import TARGET, is_uefi, read, run, uuid_of

GROUPS = ("adm", "cdrom", "dip", "plugdev", "sudo")
LAYER = "/cdrom/casper/ubuntu-server-minimal.squashfs"


def write(path, text, mode=0o644):
    path = TARGET + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w",
              encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)


def in_target(*words, **more):
    return run("curtin", "in-target", "--", *words, **more)


def extract():
    os.makedirs("/media/base", exist_ok=True)
    run("mount", "-t", "squashfs", "-o", "loop,ro", LAYER, "/media/base")
    run("cp", "-a", "/media/base/.", TARGET)
    run("umount", "/media/base")


def install_kernel():
    """The ISO's; its initrd knows root= as well."""
    for name, kept in (("vmlinuz", "vmlinuz"), ("initrd", "initrd.img")):
        shutil.copy(f"/cdrom/casper/{name}",
                    f"{TARGET}/boot/{kept}-{os.uname().release}")


# ---- configuration ------------------------------------------------------------


def configure(config):
    for name in ("machine-id", "resolv.conf"):
        write(f"/etc/{name}", "")
    write("/etc/default/locale", f"LANG=\"{config.get('locale', 'C.UTF-8')}\"\n")
    keyboard = config.get("keyboard", {})
    write("/etc/default/keyboard", f"XKBLAYOUT=\"{keyboard.get('layout', 'us')}\"\n")
    write_network(config.get("network"))
    if "identity" in config:
        write_identity(config["identity"])


def write_network(section):
    """The document's mapping, word for word; 20.04's is one level deeper."""
    if not section:
        section = {"version": 2, "ethernets": {"any": {
            "match": {"name": "e*"}, "dhcp4": True}}}
    section = section.get("network", section)
    write("/etc/netplan/00-installer-config.yaml",
          yaml.safe_dump({"network": section}, sort_keys=False), 0o600)
    write("/etc/cloud/cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg",
          "network: {config: disabled}\n")


def write_identity(identity):
    name = identity["hostname"]
    write("/etc/hostname", name + "\n")
    write("/etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {name}\n")
    in_target("useradd", "--create-home", "--shell", "/bin/bash", "--groups",
              ",".join(GROUPS), "--comment", identity.get("realname", ""),
              identity["username"])
    in_target("chpasswd", "--encrypted",
              input=f"{identity['username']}:{identity['password']}\n")


# ---- the first boot -------------------------------------------------------------


def user_data(config):
    """The document's user-data over what subiquity puts there."""
    ssh = config.get("ssh", {})
    identity = config.get("identity")
    data = {"growpart": {"mode": "off"}, "resize_rootfs": False,
            "preserve_hostname": True,
            "ssh_pwauth": ssh.get("allow-pw", not ssh.get("authorized-keys"))}
    if "timezone" in config:
        data["timezone"] = config["timezone"]
    if identity:
        data["users"] = [{
            "name": identity["username"], "gecos": identity.get("realname", ""),
            "passwd": identity["password"], "lock_passwd": False,
            "shell": "/bin/bash", "groups": ",".join(GROUPS),
            "ssh_authorized_keys": ssh.get("authorized-keys", [])}]
    elif ssh.get("authorized-keys"):
        data["ssh_authorized_keys"] = ssh["authorized-keys"]
    own = config.get("user-data", {})
    return {**data, **{key: value for key, value in own.items()
                       if key != "users" or not identity}}


def write_cloud_config(config):
    """Datasource None with the user-data in it: no seed is asked again."""
    text = "#cloud-config\n" + yaml.safe_dump(
        user_data(config), sort_keys=False, allow_unicode=True)
    write("/etc/cloud/cloud.cfg.d/99-installer.cfg", yaml.safe_dump({
        "datasource": {"None": {
            "metadata": {"instance-id": str(uuid.uuid4())},
            "userdata_raw": text}},
        "datasource_list": ["None"]}, allow_unicode=True), 0o600)
    write("/etc/cloud/ds-identify.cfg", "policy: enabled\n")


# ---- boot loader ------------------------------------------------------------------


def carried_words():
    """What stays on the kernel's line: consoles, and what follows `---`."""
    before, _, after = read("/proc/cmdline").partition("---")
    return [word for word in before.split() if word.startswith("console=")] + [
        word for word in after.split()
        if not word.startswith(("BOOTIF=", "initrd=", "BOOT_IMAGE="))]


def install_grub(disk, root, section):
    """GRUB's own installer; the menu is ours, since update-grub takes minutes
    on a machine without KVM."""
    if is_uefi():
        in_target("grub-install", "--target=x86_64-efi", "--bootloader-id=ubuntu",
                  "--efi-directory=/boot/efi")
        # 22.04's first installers leave it to curtin, which does it.
        if section.get("reorder_uefi", True):
            boot_current_first()
    else:
        in_target("grub-install", "--target=i386-pc", disk.path)
    words = " ".join([f"root=UUID={uuid_of(root)}", "ro", *carried_words()])
    version = os.uname().release
    write("/boot/grub/grub.cfg",
          "serial --unit=0 --speed=115200\nterminal_output serial\n"
          f"search --no-floppy --fs-uuid --set=root {uuid_of(root)}\n"
          f"linux /boot/vmlinuz-{version} {words}\n"
          f"initrd /boot/initrd.img-{version}\nboot\n")


def efi_boot_order():
    out = run("efibootmgr", stdout=subprocess.PIPE).stdout
    fields = dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)
    return fields.get("BootCurrent"), fields.get("BootOrder", "").split(",")


def boot_current_first():
    """As curtin does it: what this boot came from stays first."""
    current, order = efi_boot_order()
    if current in order:
        order = [current] + [number for number in order if number != current]
        run("efibootmgr", "--quiet", "--bootorder", ",".join(order))


# ---- the end ------------------------------------------------------------------------


def check_package(name):
    """Nothing is fetched here: it is on the ISO, or the install fails."""
    found = in_target("dpkg-query", "-W", "-f", "${db:Status-Status}", name,
                      stdout=subprocess.PIPE).stdout
    if found != "installed":
        raise RuntimeError(f"package {name} is not on the stand-in's ISO")


def copy_logs():
    to = f"{TARGET}/var/log/installer"
    os.makedirs(to, exist_ok=True)
    for path in glob.glob("/var/log/installer/*"):
        shutil.copy(path, to)
    shutil.copy("/autoinstall.yaml", f"{to}/autoinstall-user-data")
    os.chmod(f"{to}/autoinstall-user-data", 0o400)
