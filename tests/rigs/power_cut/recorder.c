/* Records what a program does to the files below one directory: preload it, and the log tells what a power cut could leave.
 *
 *   LD_PRELOAD=recorder.so RECORDER_ROOT=/real/path RECORDER_LOG=/elsewhere/log RECORDER_SYNC_DELAY_US=0 program
 *
 * Each record is a fixed head (struct head) and its bytes. The log is opened with O_APPEND, so the one who drives the
 * program may append records of its own ("acknowledged"), ordered with these. A sync is recorded when it has returned, with
 * the length the log had before it began: only what was logged before that point is surely on disk. The delay before each
 * sync makes it certain that an answer given too early is seen to be early. A file is known by its inode, a name by its path.
 * With RECORDER_FAILING_SYNC=n each n-th sync fails, from when there is a file of the log's name with .failing at its end; what
 * such a sync should have written is recorded as in doubt.
 *
 * Not recorded: the -shm file (mapped memory, rebuilt from the WAL), and C's own stdio. Whoever uses this compares the replayed
 * log with the files at the end, so a write by an unrecorded way is found there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
    uint32_t kind;    /* a letter, as the calls of put() below show */
    uint32_t length;  /* of the bytes that follow */
    uint64_t inode;
    uint64_t offset;  /* in the file; for a sync: in the log */
};

#define FILES 65536
static uint64_t inode_of[FILES]; /* by descriptor; 0: not below the root */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int log_file = -1;
static useconds_t sync_delay;
static unsigned failing_sync, syncs;
static char failing_now[PATH_MAX];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("RECORDER_ROOT"), *log = getenv("RECORDER_LOG"), *delay = getenv("RECORDER_SYNC_DELAY_US");
    if (!where || !log) return;
    root_length = strlen(strcpy(root, where));
    log_file = REAL(open)(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    sync_delay = delay ? (useconds_t)atoi(delay) : 0;
    failing_sync = (unsigned)atoi(getenv("RECORDER_FAILING_SYNC") ?: "0");
    snprintf(failing_now, sizeof failing_now, "%s.failing", log);
}

static void put(char kind, uint64_t inode, uint64_t offset, const void *bytes, size_t length) {
    struct head head = {(uint32_t)kind, (uint32_t)length, inode, offset};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)bytes, length}};
    if (REAL(writev)(log_file, parts, 2) != (ssize_t)(sizeof head + length)) abort();
}

static uint64_t known(int fd) { return fd >= 0 && fd < FILES ? inode_of[fd] : 0; }

static int below_root(const char *path) {
    size_t n = strlen(path);
    return log_file >= 0 && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length])
        && !(n > 4 && !strcmp(path + n - 4, "-shm"));
}

/* Write the absolute path of a name that need not exist, with its directory resolved. */
static int resolve(int directory, const char *name, char *path) {
    char copy[PATH_MAX], base[PATH_MAX] = "", *slash;
    if (name[0] != '/' && directory != AT_FDCWD) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t n = readlink(link, base, sizeof base - 2);
        if (n < 0) return 0;
        strcpy(base + n, "/");
    }
    if (snprintf(copy, sizeof copy, "%s%s", base, name) >= (int)sizeof copy) return 0;
    if (!(slash = strrchr(copy, '/'))) return realpath(".", path) && strcat(strcat(path, "/"), copy);
    *slash = 0;
    return realpath(slash == copy ? "/" : copy, path) && strcat(strcat(path, "/"), slash + 1);
}

static int do_open(int directory, const char *name, int flags, mode_t mode) {
    __typeof__(&openat) real = REAL(openat);
    char path[PATH_MAX];
    struct stat file;
    if (log_file < 0 || !resolve(directory, name, path) || !below_root(path)) return real(directory, name, flags, mode);
    pthread_mutex_lock(&order);
    int existed = !stat(path, &file), fd = real(directory, name, flags, mode), kept = errno;
    if (fd >= 0 && fd < FILES && !fstat(fd, &file)) {
        inode_of[fd] = file.st_ino;
        if (!existed && (flags & O_CREAT)) put('C', file.st_ino, 0, path, strlen(path));
        else put('O', file.st_ino, S_ISDIR(file.st_mode), path, strlen(path));
        if (existed && (flags & O_TRUNC)) put('T', file.st_ino, 0, "", 0);
    }
    pthread_mutex_unlock(&order);
    errno = kept;
    return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *name, int flags, ...) { MODE return do_open(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE return do_open(AT_FDCWD, name, flags, mode); }
int openat(int directory, const char *name, int flags, ...) { MODE return do_open(directory, name, flags, mode); }
int openat64(int directory, const char *name, int flags, ...) { MODE return do_open(directory, name, flags, mode); }
int creat(const char *name, mode_t mode) { return do_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
    if (known(fd)) inode_of[fd] = 0;
    return REAL(close)(fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    if (!known(fd)) return REAL(pwrite)(fd, bytes, count, offset);
    pthread_mutex_lock(&order);
    ssize_t n = REAL(pwrite)(fd, bytes, count, offset);
    if (n > 0) put('W', inode_of[fd], (uint64_t)offset, bytes, (size_t)n);
    pthread_mutex_unlock(&order);
    return n;
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return pwrite(fd, bytes, count, offset); }

ssize_t write(int fd, const void *bytes, size_t count) {
    if (!known(fd)) return REAL(write)(fd, bytes, count);
    pthread_mutex_lock(&order);
    ssize_t n = REAL(write)(fd, bytes, count);
    if (n > 0) put('W', inode_of[fd], (uint64_t)(lseek(fd, 0, SEEK_CUR) - n), bytes, (size_t)n);
    pthread_mutex_unlock(&order);
    return n;
}

/* A short answer is allowed, so the parts after the first are left for the caller's next call. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return known(fd) && count > 0 ? write(fd, parts->iov_base, parts->iov_len) : REAL(writev)(fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return known(fd) && count > 0 ? pwrite(fd, parts->iov_base, parts->iov_len, offset) : REAL(pwritev)(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) { return pwritev(fd, parts, count, offset); }

int ftruncate(int fd, off_t length) {
    if (!known(fd)) return REAL(ftruncate)(fd, length);
    pthread_mutex_lock(&order);
    int answer = REAL(ftruncate)(fd, length);
    if (!answer) put('T', inode_of[fd], (uint64_t)length, "", 0);
    pthread_mutex_unlock(&order);
    return answer;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

int posix_fallocate(int fd, off_t offset, off_t length) {
    struct stat file;
    int answer = REAL(posix_fallocate)(fd, offset, length);
    if (!answer && known(fd) && !fstat(fd, &file)) put('T', inode_of[fd], (uint64_t)file.st_size, "", 0);
    return answer;
}
int posix_fallocate64(int fd, off_t offset, off_t length) { return posix_fallocate(fd, offset, length); }

/* Copies inside the kernel are refused, so that the program falls back to writing. */
ssize_t sendfile(int to, int from, off_t *offset, size_t count) {
    if (known(to)) return errno = EINVAL, -1;
    return ((ssize_t (*)(int, int, off_t *, size_t))dlsym(RTLD_NEXT, "sendfile"))(to, from, offset, count);
}
ssize_t sendfile64(int to, int from, off_t *offset, size_t count) { return sendfile(to, from, offset, count); }

static int do_sync(int fd, int (*real)(int)) {
    if (!known(fd)) return real(fd);
    uint64_t begun = (uint64_t)lseek(log_file, 0, SEEK_END), inode = inode_of[fd];
    if (sync_delay) usleep(sync_delay);
    if (failing_sync && !access(failing_now, F_OK) && __atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST) % failing_sync == 0) {
        put('F', inode, begun, "", 0);
        return errno = EIO, -1;
    }
    int answer = real(fd);
    if (!answer) put('S', inode, begun, "", 0);
    return answer;
}
int fsync(int fd) { return do_sync(fd, REAL(fsync)); }
int fdatasync(int fd) { return do_sync(fd, REAL(fdatasync)); }

static int do_unlink(int directory, const char *name, int flags) {
    char path[PATH_MAX];
    int ours = log_file >= 0 && resolve(directory, name, path) && below_root(path);
    pthread_mutex_lock(&order);
    int answer = REAL(unlinkat)(directory, name, flags);
    if (!answer && ours) put('U', 0, 0, path, strlen(path));
    pthread_mutex_unlock(&order);
    return answer;
}
int unlink(const char *name) { return do_unlink(AT_FDCWD, name, 0); }
int unlinkat(int directory, const char *name, int flags) { return do_unlink(directory, name, flags); }

static int do_rename(int from_directory, const char *from, int to_directory, const char *to) {
    char paths[2 * PATH_MAX] = "", *second;
    int ours = log_file >= 0 && resolve(from_directory, from, paths) && below_root(paths);
    second = paths + strlen(paths) + 1;
    ours = ours && resolve(to_directory, to, second) && below_root(second);
    pthread_mutex_lock(&order);
    int answer = REAL(renameat)(from_directory, from, to_directory, to);
    if (!answer && ours) put('R', 0, 0, paths, (size_t)(second - paths) + strlen(second));
    pthread_mutex_unlock(&order);
    return answer;
}
int rename(const char *from, const char *to) { return do_rename(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_directory, const char *from, int to_directory, const char *to) { return do_rename(from_directory, from, to_directory, to); }

static int do_link(int from_directory, const char *from, int to_directory, const char *to, int flags) {
    char paths[2 * PATH_MAX] = "", *second;
    int ours = log_file >= 0 && resolve(from_directory, from, paths) && below_root(paths);
    second = paths + strlen(paths) + 1;
    ours = ours && resolve(to_directory, to, second) && below_root(second);
    pthread_mutex_lock(&order);
    int answer = REAL(linkat)(from_directory, from, to_directory, to, flags);
    if (!answer && ours) put('L', 0, 0, paths, (size_t)(second - paths) + strlen(second));
    pthread_mutex_unlock(&order);
    return answer;
}
int link(const char *from, const char *to) { return do_link(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) { return do_link(from_directory, from, to_directory, to, flags); }
