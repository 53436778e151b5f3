/* Makes the disk fail under a program while it runs: preload it, and whoever holds the control file says what fails.
 *
 *   LD_PRELOAD=failing.so FAILING_CONTROL=/path/of/control program
 *
 * The control file is mapped by both sides. For each kind of operation it has a rule: which error, after how many more
 * operations, how many times (-1: until told otherwise), and how often it has failed. A rule concerns the files whose path
 * contains the text of `place`, which never changes while a rule is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ, WRITE, SYNC, TRUNCATE, KINDS };

struct rule {
    int32_t error;
    int32_t skip;
    int32_t times;
    int32_t failed;
};
struct control {
    struct rule rules[KINDS];
    char place[64];
};
static struct control *control;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAILING_CONTROL");
    int fd = path ? REAL(open)(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *at = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) control = at;
    REAL(close)(fd);
}

static int concerns(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    return n > 0 && (path[n] = 0, strstr(path, control->place) != 0);
}

/* Tell whether this operation fails; then errno says how. */
static int fails(int kind, int fd) {
    if (!control) return 0;
    struct rule *rule = &control->rules[kind];
    if (!__atomic_load_n(&rule->times, __ATOMIC_SEQ_CST) || !concerns(fd)) return 0;
    if (__atomic_load_n(&rule->skip, __ATOMIC_SEQ_CST) > 0 && __atomic_fetch_sub(&rule->skip, 1, __ATOMIC_SEQ_CST) > 0) return 0;
    int32_t left = __atomic_load_n(&rule->times, __ATOMIC_SEQ_CST);
    do {
        if (!left) return 0;
    } while (left > 0 && !__atomic_compare_exchange_n(&rule->times, &left, left - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    __atomic_fetch_add(&rule->failed, 1, __ATOMIC_SEQ_CST);
    errno = rule->error;
    return 1;
}

ssize_t read(int fd, void *into, size_t count) { return fails(READ, fd) ? -1 : REAL(read)(fd, into, count); }
ssize_t pread(int fd, void *into, size_t count, off_t at) { return fails(READ, fd) ? -1 : REAL(pread)(fd, into, count, at); }
ssize_t pread64(int fd, void *into, size_t count, off_t at) { return pread(fd, into, count, at); }
ssize_t write(int fd, const void *bytes, size_t count) { return fails(WRITE, fd) ? -1 : REAL(write)(fd, bytes, count); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return fails(WRITE, fd) ? -1 : REAL(pwrite)(fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) { return pwrite(fd, bytes, count, at); }
int ftruncate(int fd, off_t length) { return fails(TRUNCATE, fd) ? -1 : REAL(ftruncate)(fd, length); }
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }
int fsync(int fd) { return fails(SYNC, fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails(SYNC, fd) ? -1 : REAL(fdatasync)(fd); }
