"""Which system calls a worker is refused, by their numbers on each kind of processor.

Whatever the kernel got after these tables were written is refused too, as if it were not there.
"""

from __future__ import annotations

Numbers = dict[str, dict[str, int]]

NEWEST = 450
"""The last call of these tables, the same on both."""

# fmt: off
NETWORK: Numbers = {
    "x86_64": {
        "socket": 41, "socketpair": 53, "connect": 42, "bind": 49, "listen": 50, "accept": 43,
        "accept4": 288, "sendto": 44, "sendmsg": 46, "sendmmsg": 307, "recvfrom": 45, "recvmsg": 47,
        "recvmmsg": 299, "setsockopt": 54, "shutdown": 48,
    },
    "aarch64": {
        "socket": 198, "socketpair": 199, "connect": 203, "bind": 200, "listen": 201, "accept": 202,
        "accept4": 242, "sendto": 206, "sendmsg": 211, "sendmmsg": 269, "recvfrom": 207, "recvmsg": 212,
        "recvmmsg": 243, "setsockopt": 208, "shutdown": 210,
    },
}
"""Whatever reaches another computer or another program."""

PROCESSES: Numbers = {
    "x86_64": {
        "execve": 59, "execveat": 322, "fork": 57, "vfork": 58, "clone": 56, "clone3": 435, "ptrace": 101,
        "kcmp": 312, "process_vm_readv": 310, "process_vm_writev": 311, "process_madvise": 440,
        "process_mrelease": 448, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
        "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "setns": 308, "unshare": 272,
        "sched_setaffinity": 203,
    },
    "aarch64": {
        "execve": 221, "execveat": 281, "clone": 220, "clone3": 435, "ptrace": 117, "kcmp": 272,
        "process_vm_readv": 270, "process_vm_writev": 271, "process_madvise": 440, "process_mrelease": 448,
        "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424, "rt_sigqueueinfo": 138,
        "rt_tgsigqueueinfo": 240, "setns": 268, "unshare": 97, "sched_setaffinity": 122,
    },
}
"""Whatever starts another program, or looks into one that runs."""

KERNEL: Numbers = {
    "x86_64": {
        "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425,
        "io_uring_enter": 426, "io_uring_register": 427, "keyctl": 250, "add_key": 248, "request_key": 249,
        "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246,
        "kexec_file_load": 320, "reboot": 169, "syslog": 103, "acct": 163, "quotactl": 179,
        "quotactl_fd": 443, "iopl": 172, "ioperm": 173, "modify_ldt": 154, "personality": 135,
        "vhangup": 153, "nfsservctl": 180, "lookup_dcookie": 212, "move_pages": 279, "migrate_pages": 256,
        "mbind": 237, "set_mempolicy": 238, "settimeofday": 164, "clock_settime": 227,
        "clock_adjtime": 305, "adjtimex": 159, "sethostname": 170, "setdomainname": 171, "swapon": 167,
        "swapoff": 168,
    },
    "aarch64": {
        "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
        "io_uring_enter": 426, "io_uring_register": 427, "keyctl": 219, "add_key": 217, "request_key": 218,
        "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104,
        "kexec_file_load": 294, "reboot": 142, "syslog": 116, "acct": 89, "quotactl": 60,
        "quotactl_fd": 443, "personality": 92, "vhangup": 58, "nfsservctl": 42, "lookup_dcookie": 18,
        "move_pages": 239, "migrate_pages": 238, "mbind": 235, "set_mempolicy": 237, "settimeofday": 170,
        "clock_settime": 112, "clock_adjtime": 266, "adjtimex": 171, "sethostname": 161,
        "setdomainname": 162, "swapon": 224, "swapoff": 225,
    },
}
"""What a reader of files never needs of the kernel, and where its faults have been."""

OTHER_FILES: Numbers = {
    "x86_64": {
        "mount": 165, "umount2": 166, "move_mount": 429, "open_tree": 428, "fsopen": 430, "fsconfig": 431,
        "fsmount": 432, "fspick": 433, "mount_setattr": 442, "pivot_root": 155, "chroot": 161,
        "open_by_handle_at": 304, "name_to_handle_at": 303, "chmod": 90, "fchmod": 91, "fchmodat": 268,
        "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260, "setxattr": 188, "lsetxattr": 189,
        "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198, "fremovexattr": 199, "utime": 132,
        "utimes": 235, "utimensat": 280, "futimesat": 261, "link": 86, "linkat": 265, "symlink": 88,
        "symlinkat": 266, "mknod": 133, "mknodat": 259, "inotify_init": 253, "inotify_init1": 294,
        "inotify_add_watch": 254, "fanotify_init": 300, "fanotify_mark": 301, "mq_open": 240, "shmget": 29,
        "shmat": 30, "msgget": 68, "semget": 64,
    },
    "aarch64": {
        "mount": 40, "umount2": 39, "move_mount": 429, "open_tree": 428, "fsopen": 430, "fsconfig": 431,
        "fsmount": 432, "fspick": 433, "mount_setattr": 442, "pivot_root": 41, "chroot": 51,
        "open_by_handle_at": 265, "name_to_handle_at": 264, "fchmod": 52, "fchmodat": 53, "fchown": 55,
        "fchownat": 54, "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14,
        "lremovexattr": 15, "fremovexattr": 16, "utimensat": 88, "linkat": 37, "symlinkat": 36,
        "mknodat": 33, "inotify_init1": 26, "inotify_add_watch": 27, "fanotify_init": 262,
        "fanotify_mark": 263, "mq_open": 180, "shmget": 194, "shmat": 196, "msgget": 186, "semget": 190,
    },
}
"""What changes files, or who may use them, past what Landlock watches."""

RIGHTS: Numbers = {
    "x86_64": {
        "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setresuid": 117, "setresgid": 119,
        "setfsuid": 122, "setfsgid": 123, "setgroups": 116, "capset": 126,
    },
    "aarch64": {
        "setuid": 146, "setgid": 144, "setreuid": 145, "setregid": 143, "setresuid": 147, "setresgid": 149,
        "setfsuid": 151, "setfsgid": 152, "setgroups": 159, "capset": 91,
    },
}
"""Who one is."""

OPENING: Numbers = {
    "x86_64": {
        "open": 2, "openat": 257, "openat2": 437, "creat": 85,
    },
    "aarch64": {
        "openat": 56, "openat2": 437,
    },
}
"""Opening files; denied as well where all that is to be read was opened before."""

SIGNALS: Numbers = {
    "x86_64": {
        "kill": 62, "tkill": 200, "tgkill": 234,
    },
    "aarch64": {
        "kill": 129, "tkill": 130, "tgkill": 131,
    },
}
"""Ending others; allowed towards oneself, as a crash does."""

LIMITS: Numbers = {
    "x86_64": {
        "prlimit64": 302,
    },
    "aarch64": {
        "prlimit64": 261,
    },
}
"""The limits of others; one's own may be read."""
# fmt: on
