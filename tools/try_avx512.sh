#!/bin/sh
# SPDX-License-Identifier: MIT
#
# try_avx512.sh [--cpu MODEL] [BUILD [TEST...]] - do the AVX-512 kernels work where there
# is no such processor?
#
# Bochs, which decodes every instruction itself, boots a Linux whose first process runs
# the kernel tests of a build (build/release unless given) on an emulated Skylake-X. They
# walk over all tables that this processor can run, avx512 first. The tests with
# instructions emulated in C, which are in every ./test, look at the kernels' text; this
# one looks at what the compiler made of it, and takes five to ten minutes.
#
# On Debian it needs the packages
#     bochs xorriso cpio isolinux syslinux-common busybox-static
# The Linux is Debian's cloud kernel: downloaded and unpacked below BUILD, not
# installed.
set -eu
cd "$(dirname "$0")/.."

model=corei7_skylake_x
while [ $# -gt 0 ]; do
    case $1 in
    --cpu) model=$2 && shift 2 ;;
    -*) sed -n '3,/^set/s/^# \{0,1\}//p' "$0" && exit 2 ;;
    *) break ;;
    esac
done
build=${1:-build/release}
[ $# -eq 0 ] || shift
tests=${*:-test_kernels test_kernels_cells test_kernels_output test_products}
tests="test_kernels_choice $tests"

for thing in bochs xorriso cpio; do
    command -v $thing >/dev/null || {
        echo "$thing is not here. On Debian, as root:"
        echo "    apt-get install bochs xorriso cpio isolinux syslinux-common busybox-static"
        exit 1
    }
done

work=$build/avx512
rm -rf "$work/root"
mkdir -p "$work/kernel" "$work/root/proc" "$work/root/dev" "$work/root/tests" "$work/disc"
bochs=
trap '[ -z "$bochs" ] || kill "$bochs" 2>/dev/null' EXIT
trap 'exit 1' INT TERM

# --------------------------------------------------------------- the disc
if [ ! -e "$work/kernel/boot" ]; then
    package=$(apt-cache depends linux-image-cloud-amd64 |
        sed -n 's/.*Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
    echo "==> Fetching $package"
    (cd "$work/kernel" && apt-get -q download "$package" && dpkg -x ./*.deb . && rm ./*.deb) \
        >"$work/fetch.log" 2>&1 || {
        tail -n 20 "$work/fetch.log"
        exit 1
    }
fi
cp "$work"/kernel/boot/vmlinuz-* "$work/disc/vmlinuz"

# The tests with the libraries that they load, in their places, and a shell.
for name in $tests; do
    cp "$build/$name" "$work/root/tests/"
    ldd "$build/$name" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$work/root$(dirname "$library")"
        cp -L "$library" "$work/root$library"
    done
done
cp /bin/busybox "$work/root/busybox"
cat >"$work/root/init" <<END
#!/busybox sh
/busybox mount -t proc proc /proc
/busybox mount -t devtmpfs dev /dev
exec >/dev/ttyS0 2>&1
for name in $tests; do
    echo "==> \$name"
    /tests/\$name || failed=yes
done
/tests/test_kernels_choice --list | /busybox head -n 1
[ "\${failed:-}" = yes ] || echo "==> All passed."
/busybox sleep 2 # until the console has sent it all
/busybox poweroff -f
END
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/disc/root.gz"

# Bochs 2.7 gives the size of the compact form of saved registers wrong, for which Linux
# would do without AVX altogether.
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/disc/"
cat >"$work/disc/isolinux.cfg" <<'END'
default tests
label tests
    linux /vmlinuz
    initrd /root.gz
    append console=ttyS0 quiet mitigations=off nosmp noapic clearcpuid=xsaves,xsavec
END
xorriso -as mkisofs -quiet -o "$work/tests.iso" -b isolinux.bin -c boot.cat -no-emul-boot \
    -boot-load-size 4 -boot-info-table "$work/disc" 2>"$work/xorriso.log"

# ------------------------------------------------------------ the machine
# Without a screen (rfb waits for nobody) and without sound, whose driver dies where
# there is no card.
cat >"$work/bochsrc" <<END
config_interface: textconfig
display_library: rfb, options="timeout=0"
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
cpu: model=$model, ips=100000000
memory: guest=512, host=512
ata0-master: type=cdrom, path=$work/tests.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/console
sound: driver=dummy
speaker: enabled=0
plugin_ctrl: speaker=false, gameport=false
log: $work/bochs.log
panic: action=fatal
END
echo continue >"$work/debugger"
: >"$work/console"
echo "==> Booting Linux on an emulated $model"
bochs-bin -q -f "$work/bochsrc" -rc "$work/debugger" >"$work/bochs.out" 2>&1 </dev/null &
bochs=$!
shown=0
running=yes
while [ -n "$running" ]; do
    sleep 2
    kill -0 "$bochs" 2>/dev/null || running=
    lines=$(wc -l <"$work/console")
    sed -n "$((shown + 1)),${lines}p" "$work/console"
    shown=$lines
done
bochs=
grep -q '^avx512' "$work/console" || {
    echo "avx512 was not the best table there ($work/console, $work/bochs.log)"
    exit 1
}
grep -q '^==> All passed' "$work/console"
