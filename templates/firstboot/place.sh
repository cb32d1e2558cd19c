#!/bin/sh
# Puts the first boot's work, which lies beside this script, into the system
# that was installed at the place given, and has it started there.
set -eu
here=$(dirname "$0")
etc=$1/etc/convect/firstboot
units=$1/etc/systemd/system
mkdir -p "$etc" "$units/multi-user.target.wants"
cp -R "$here/." "$etc/"
chmod -R go= "$etc"
mv "$etc/convect-firstboot.service" "$units/"
chmod 0644 "$units/convect-firstboot.service"
ln -sf ../convect-firstboot.service "$units/multi-user.target.wants/"
rm "$etc/place.sh"
