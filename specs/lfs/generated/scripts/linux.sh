#!/bin/bash
# linux 6.12.107: The kernel, configured for virtual machines and plain disks (LFS 10.3)
# Written by lfsgen from packages/system/linux.yaml: change that file, not this one.
#
# usage: linux.sh PHASE, with PHASE one of: prepare configure build install
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
#   efc76d3c78a5d65f42724118c437d11db1c9f6309a5f024ee9a8b1978fdc6919  linux_6.12.107.orig.tar.xz

set -eu
umask 022

# What the runner sets, or what holds where a person runs a phase by hand.
jobs=${LFSGEN_JOBS:-1}
work=${LFSGEN_WORK:-/lfsgen/work}
sources=${LFSGEN_SOURCES:-/lfsgen/sources}

# Make takes its jobs from the runner's job server, and so does ninja from 1.13 on; an older one is told a number.
export MAKEFLAGS="${MAKEFLAGS--j$jobs}"
own_jobs=${LFSGEN_OWN_JOBS--j$jobs}
ninja() {
    command ninja ${own_jobs:+"$own_jobs"} "$@"
}

export AM_UPDATE_INFO_DIR=no
export ARCH=x86_64
export HOME=/root
export KBUILD_BUILD_HOST=lfs
export KBUILD_BUILD_USER=lfs
export KBUILD_BUILD_VERSION=1
export LC_ALL=C.UTF-8
export PATH=/usr/bin:/usr/sbin
export SOURCE_DATE_EPOCH=1741132800
export TEXINFO_XS=omit

phase_prepare() {
mkdir -p "$work"
cd "$work"
mkdir unpack
tar --no-same-owner -xf "$sources"/linux_6.12.107.orig.tar.xz -C unpack
mv unpack/* src
rmdir unpack
cd src
}

phase_configure() {
cd "$work"/src

# packages/system/linux.yaml: phases.configure
cat > kernel/configs/lfs.config <<'END'
# CONFIG_EXPERT is not set
# CONFIG_SLUB_TINY is not set
CONFIG_CC_OPTIMIZE_FOR_PERFORMANCE=y
CONFIG_IKCONFIG=y
CONFIG_IKCONFIG_PROC=y
CONFIG_PRINTK_TIME=y
CONFIG_MAGIC_SYSRQ=y

# Processors, time and memory.
CONFIG_64BIT=y
CONFIG_SMP=y
CONFIG_NR_CPUS=64
CONFIG_NO_HZ_IDLE=y
CONFIG_HIGH_RES_TIMERS=y
CONFIG_PARAVIRT=y
CONFIG_RELOCATABLE=y
CONFIG_RANDOMIZE_BASE=y
CONFIG_STACKPROTECTOR=y
CONFIG_STACKPROTECTOR_STRONG=y
CONFIG_SWAP=y

# What programs ask for.
CONFIG_BINFMT_ELF=y
CONFIG_BINFMT_SCRIPT=y
CONFIG_SYSVIPC=y
CONFIG_POSIX_MQUEUE=y
CONFIG_INOTIFY_USER=y
CONFIG_FANOTIFY=y
CONFIG_CGROUPS=y
CONFIG_CGROUP_PIDS=y
CONFIG_MEMCG=y
CONFIG_PSI=y
CONFIG_PSI_DEFAULT_DISABLED=y
CONFIG_NAMESPACES=y
CONFIG_USER_NS=y
CONFIG_SECCOMP=y

# File systems.
CONFIG_BLOCK=y
CONFIG_BLK_DEV_INITRD=y
CONFIG_DEVTMPFS=y
CONFIG_DEVTMPFS_MOUNT=y
CONFIG_EXT4_FS=y
CONFIG_EXT4_FS_POSIX_ACL=y
CONFIG_EXT4_FS_SECURITY=y
CONFIG_OVERLAY_FS=y
CONFIG_PROC_FS=y
CONFIG_PROC_SYSCTL=y
CONFIG_SYSFS=y
CONFIG_TMPFS=y
CONFIG_TMPFS_POSIX_ACL=y
CONFIG_TMPFS_XATTR=y

# The network.
CONFIG_NET=y
CONFIG_PACKET=y
CONFIG_UNIX=y
CONFIG_INET=y
CONFIG_IPV6=y
CONFIG_NETDEVICES=y
CONFIG_NET_CORE=y
# CONFIG_ETHERNET is not set
# CONFIG_WIRELESS is not set
# CONFIG_WLAN is not set

# Devices.
CONFIG_PCI=y
CONFIG_PCI_MSI=y
CONFIG_BLK_DEV=y
CONFIG_BLK_DEV_LOOP=y
CONFIG_BLK_DEV_NVME=y
CONFIG_SCSI=y
CONFIG_BLK_DEV_SD=y
CONFIG_ATA=y
CONFIG_SATA_AHCI=y
CONFIG_VIRTIO_MENU=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_NET=y
CONFIG_VIRTIO_CONSOLE=y
CONFIG_HW_RANDOM=y
CONFIG_HW_RANDOM_VIRTIO=y
CONFIG_RTC_CLASS=y
CONFIG_INPUT=y
CONFIG_INPUT_EVDEV=y
# CONFIG_INPUT_MOUSE is not set
# CONFIG_HID_SUPPORT is not set
CONFIG_TTY=y
CONFIG_VT=y
CONFIG_VT_CONSOLE=y
CONFIG_UNIX98_PTYS=y
# CONFIG_LEGACY_PTYS is not set
END
case x86_64 in
aarch64)
    cat >> kernel/configs/lfs.config <<'END'
CONFIG_PCI_HOST_GENERIC=y
CONFIG_RTC_DRV_PL031=y
CONFIG_SERIAL_AMBA_PL011=y
CONFIG_SERIAL_AMBA_PL011_CONSOLE=y
END
    ;;
x86_64)
    cat >> kernel/configs/lfs.config <<'END'
CONFIG_ACPI=y
CONFIG_CPU_MITIGATIONS=y
CONFIG_DMIID=y
CONFIG_HYPERVISOR_GUEST=y
CONFIG_IOMMU_SUPPORT=y
CONFIG_IRQ_REMAP=y
CONFIG_KERNEL_GZIP=y
CONFIG_KEYBOARD_ATKBD=y
CONFIG_KVM_GUEST=y
CONFIG_RTC_DRV_CMOS=y
CONFIG_SERIAL_8250=y
CONFIG_SERIAL_8250_CONSOLE=y
CONFIG_SERIO_I8042=y
CONFIG_VGA_CONSOLE=y
CONFIG_X86_X2APIC=y
END
    ;;
*)
    echo 'nobody has said yet what a kernel for x86_64 needs: add it here'
    exit 1
    ;;
esac
make tinyconfig lfs.config
# Against flaws of processors, whatever the kernel has by itself.
sed -i '/MITIGATION_/d' .config
make olddefconfig
# An option whose condition does not hold is dropped without a word.
grep '^CONFIG_' kernel/configs/lfs.config > asked
if grep -vxFf .config asked; then exit 1; fi
}

phase_build() {
cd "$work"/src

# packages/system/linux.yaml: phases.build.before
KBUILD_BUILD_TIMESTAMP=$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH")
export KBUILD_BUILD_TIMESTAMP

make
}

phase_install() {
cd "$work"/src

# packages/system/linux.yaml: phases.install
image=$(make -s image_name)
mkdir -p /boot
cp "$image" /boot/vmlinuz-6.12.107-lfs-12.3
cp System.map /boot/System.map-6.12.107
cp .config /boot/config-6.12.107
}

usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of: prepare configure build install"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
prepare) phase_prepare ;;
configure) phase_configure ;;
build) phase_build ;;
install) phase_install ;;
# For a shell that reads this file with `.`.
functions) cd "$work"/src 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac
