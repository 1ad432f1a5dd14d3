#!/usr/bin/env bash
# Take dxfvision off a machine: units, programs and user go; what is yours stays.
#
#   uninstall.sh               /var/lib/dxfvision, /etc/dxfvision and the backups stay
#   uninstall.sh --purge       they go, too
#   uninstall.sh --root DIR    what `install.sh --root DIR` laid there
#
# It may be repeated.
set -euo pipefail
root=
purge=0
while [ $# -gt 0 ]; do
    case $1 in
        --purge) purge=1 ;;
        --root) root=$(realpath -m "${2:?--root wants a folder}"); shift ;;
        *) sed -n '2,/^set -euo/p' "$0" | sed '$d;s/^# \{0,1\}//'; exit 2 ;;
    esac
    shift
done
[ -n "$root" ] || [ "$(id -u)" = 0 ] || { echo "uninstall: run it as root" >&2; exit 1; }

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl stop dxfvision.target 'dxfvision-*' 2>/dev/null || true
fi
# What enabling laid down, cameras among it.
rm -rf "$root/etc/systemd/system/dxfvision.target.wants"
rm -f "$root/etc/systemd/system/multi-user.target.wants/dxfvision.target"
rm -f "$root"/etc/systemd/system/dxfvision-*.service "$root/etc/systemd/system/dxfvision.target"
rm -rf "$root/opt/dxfvision"
rm -f "$root/usr/local/bin/dxfvision"
if [ -z "$root" ]; then
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
    if id dxfvision >/dev/null 2>&1 && [ "$purge" = 1 ]; then userdel dxfvision; fi
fi
if [ "$purge" = 1 ]; then
    rm -rf "$root/var/lib/dxfvision" "$root/etc/dxfvision" "$root/var/backups/dxfvision"
    echo "dxfvision is gone"
else
    echo "programs are gone; $root/var/lib/dxfvision, $root/etc/dxfvision and $root/var/backups/dxfvision stay (--purge removes them)"
fi
