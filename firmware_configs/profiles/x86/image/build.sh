#!/bin/sh
# Makes the file system of a gateway's image: x86 box, 64-bit. Run as root on a Debian 12 machine that can reach a Debian mirror:
#   image/build.sh WHEEL SETTINGS OUT.tar      e.g. image/build.sh dist/seguia-0.1.0-py3-none-any.whl rendered root.tar
# SETTINGS is the folder that `seguia gateway render` wrote. No key and no number belongs into an image: they are made at
# the first start, on the gateway itself (seguia gateway init).
set -eu
[ $# -eq 3 ] || { echo "usage: $0 WHEEL SETTINGS OUT.tar" >&2; exit 2; }
wheel=$1 settings=$2 out=$3
[ -f "$wheel" ] || { echo "$0: $wheel: expected a wheel of seguia, got no file; make it with: python3 -m build" >&2; exit 2; }
[ -f "$settings/systemd/seguia-gateway.service" ] || { echo "$0: $settings: expected what seguia gateway render writes" >&2; exit 2; }
command -v mmdebstrap >/dev/null || { echo "$0: expected mmdebstrap; install it with: apt-get install mmdebstrap" >&2; exit 3; }

# Packages of the system itself: the gateway runs on Python, listens through mosquitto and keeps time by chrony.
packages="systemd-sysv,dbus,udev,ca-certificates,python3,python3-venv,mosquitto,chrony,netbase,iproute2,ifupdown,openssh-server,linux-image-amd64,grub-efi-amd64"

mmdebstrap --architectures=amd64 --variant=minbase --include="$packages" \
    --customize-hook='mkdir -p "$1/opt/seguia" "$1/etc/seguia"' \
    --customize-hook="copy-in $wheel /opt/seguia" \
    --customize-hook='chroot "$1" python3 -m venv /opt/seguia' \
    --customize-hook='chroot "$1" sh -c "/opt/seguia/bin/pip install --no-cache-dir /opt/seguia/*.whl\[edge\]"' \
    --customize-hook="install -D -m 0644 $settings/systemd/seguia-gateway.service \"\$1/etc/systemd/system/seguia-gateway.service\"" \
    --customize-hook="install -D -m 0644 $settings/systemd/seguia-page.service \"\$1/etc/systemd/system/seguia-page.service\"" \
    --customize-hook="install -D -m 0644 $settings/systemd/journald.conf.d/seguia.conf \"\$1/etc/systemd/journald.conf.d/seguia.conf\"" \
    --customize-hook="install -D -m 0644 $settings/systemd/system.conf.d/seguia.conf \"\$1/etc/systemd/system.conf.d/seguia.conf\"" \
    --customize-hook="install -D -m 0644 $settings/systemd/mosquitto.service.d/seguia.conf \"\$1/etc/systemd/system/mosquitto.service.d/seguia.conf\"" \
    --customize-hook="install -D -m 0644 $settings/sysusers.d/seguia.conf \"\$1/usr/lib/sysusers.d/seguia.conf\"" \
    --customize-hook="install -D -m 0644 $settings/tmpfiles.d/seguia.conf \"\$1/usr/lib/tmpfiles.d/seguia.conf\"" \
    --customize-hook="install -D -m 0644 $settings/udev/70-seguia.rules \"\$1/etc/udev/rules.d/70-seguia.rules\"" \
    --customize-hook="install -D -m 0644 $settings/image/fstab \"\$1/etc/fstab\"" \
    --customize-hook='chroot "$1" systemd-sysusers' \
    --customize-hook='chroot "$1" systemctl enable seguia-gateway.service mosquitto.service chrony.service' \
    --customize-hook='chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer' \
    bookworm "$out"
echo "$out: the file system of the image; write it as image/READ-ONLY-ROOT.md says" >&2
