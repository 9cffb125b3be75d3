/* Preloaded into a sender, writes down in one order what reaches files and sockets: writes, syncs, truncations, and what goes out
 * to the network. tests/it/power.rs replays the list as a disk would hold it after a power cut.
 *
 *   cc -shared -fPIC -O1 -o record.so tests/power/record.c -ldl
 *   LD_PRELOAD=./record.so RECORD_LOG=log RECORD_UNDER=/path/of/data digest send …
 *
 * With RECORD_ROOM=bytes the files may grow by so much, and then the disk is full: writes fail with ENOSPC.
 *
 * A record: one byte of kind (W write, S sync, T truncate, U unlink, N sent to a socket), u32 fd, u64 offset or length, u32 length of
 * the path, u32 length of the data, path, data; numbers in the machine's order. A sync is recorded after it returned, everything
 * else before it is done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char under[PATH_MAX];
static long room = -1;

__attribute__((constructor)) static void start(void) {
    const char *log = getenv("RECORD_LOG"), *folder = getenv("RECORD_UNDER");
    if (!log || !folder) return;
    snprintf(under, sizeof under, "%s", folder);
    if (getenv("RECORD_ROOM")) room = atol(getenv("RECORD_ROOM"));
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The path of a file that is recorded, or NULL. */
static const char *path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n <= 0) return NULL;
    path[n] = 0;
    return strncmp(path, under, strlen(under)) == 0 && !strstr(path, "-shm") ? path : NULL;
}

static int is_socket(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

static void record(char kind, int fd, uint64_t at, const char *path, const struct iovec *parts, int count) {
    uint32_t path_length = path ? (uint32_t)strlen(path) : 0, length = 0, number = (uint32_t)fd;
    for (int i = 0; i < count; i++) length += (uint32_t)parts[i].iov_len;
    struct iovec all[7 + 64] = {
        {&kind, 1}, {&number, 4}, {&at, 8}, {&path_length, 4}, {&length, 4}, {(void *)(path ? path : ""), path_length},
    };
    if (count > 64) abort();
    for (int i = 0; i < count; i++) all[6 + i] = parts[i];
    pthread_mutex_lock(&order);
    if (syscall(SYS_writev, log_fd, all, 6 + count) < 0) abort();
    pthread_mutex_unlock(&order);
}

/* Whether there is room for the write; else errno says that the disk is full. */
static int wrote(int fd, uint64_t at, int is_at, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (log_fd < 0 || fd == log_fd || fd <= 2) return 1;
    if (is_socket(fd)) {
        record('N', fd, 0, NULL, parts, count);
    } else if (path_of(fd, path)) {
        if (room >= 0) {
            for (int i = 0; i < count; i++) room -= (long)parts[i].iov_len;
            if (room < 0) {
                room = 0;
                errno = ENOSPC;
                return 0;
            }
        }
        record('W', fd, is_at ? at : (uint64_t)lseek(fd, 0, SEEK_CUR), path, parts, count);
    }
    return 1;
}

#define REAL(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    struct iovec part = {(void *)data, length};
    if (!wrote(fd, 0, 0, &part, 1)) return -1;
    return real(fd, data, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    if (!wrote(fd, 0, 0, parts, count)) return -1;
    return real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    struct iovec part = {(void *)data, length};
    if (!wrote(fd, (uint64_t)at, 1, &part, 1)) return -1;
    return real(fd, data, length, at);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    struct iovec part = {(void *)data, length};
    if (!wrote(fd, (uint64_t)at, 1, &part, 1)) return -1;
    return real(fd, data, length, at);
}

ssize_t send(int fd, const void *data, size_t length, int flags) {
    REAL(ssize_t, "send", int, const void *, size_t, int);
    struct iovec part = {(void *)data, length};
    if (!wrote(fd, 0, 0, &part, 1)) return -1;
    return real(fd, data, length, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    if (!wrote(fd, 0, 0, message->msg_iov, (int)message->msg_iovlen)) return -1;
    return real(fd, message, flags);
}

static void synced(int fd) {
    char path[PATH_MAX];
    if (log_fd >= 0 && path_of(fd, path)) record('S', fd, 0, path, NULL, 0);
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    int result = real(fd);
    if (result == 0) synced(fd);
    return result;
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    int result = real(fd);
    if (result == 0) synced(fd);
    return result;
}

static void truncated(int fd, uint64_t length) {
    char path[PATH_MAX];
    if (log_fd >= 0 && path_of(fd, path)) record('T', fd, length, path, NULL, 0);
}

int ftruncate(int fd, off_t length) {
    REAL(int, "ftruncate", int, off_t);
    truncated(fd, (uint64_t)length);
    return real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
    REAL(int, "ftruncate64", int, off64_t);
    truncated(fd, (uint64_t)length);
    return real(fd, length);
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    if (log_fd >= 0 && strncmp(path, under, strlen(under)) == 0 && !strstr(path, "-shm")) record('U', -1, 0, path, NULL, 0);
    return real(path);
}
