/* A disk that fails, and one that remembers: preloaded before the program under test (LD_PRELOAD), it stands between
 * the program and the C library's file calls on everything below the folders in DISK_BELOW (joined by ':').
 *
 * Failing: the DISK_AT-th call (counted from 1 over this process) fails with DISK_ERROR (ENOSPC, EIO, or SHORT: a write
 * takes only half), and with DISK_STAYS=1 so do all after it. Only calls named in DISK_CALLS (joined by ',') count, if
 * it is given. While DISK_ARMED names a file that does not exist, nothing fails nor counts.
 * DISK_COUNT names a file that gets a line for every call that counts: "n call path".
 *
 * Remembering: DISK_RECORD names a file that gets, in order and over all processes, what reached the disk: see `record`.
 *
 * Lying about the time: DISK_CLOCK is added to the wall clock, in seconds; with DISK_ARMED only while that file is there.
 *
 * Not seen: system calls that bypass the C library (the libc-calls feature has rustix go through it), and stores to
 * mapped memory (SQLite maps only its -shm file, which is worth nothing after a power cut). */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>


static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counted = 0;


static int listed(const char *list, char apart, const char *wanted, int prefix) {
    size_t length = strlen(wanted);
    while (list && *list) {
        const char *end = strchrnul(list, apart);
        size_t here = (size_t)(end - list);
        if (prefix ? here && length >= here && !memcmp(wanted, list, here) && (wanted[here] == '/' || !wanted[here])
                   : here == length && !memcmp(wanted, list, here))
            return 1;
        list = *end ? end + 1 : end;
    }
    return 0;
}

static int below(const char *path) { return listed(getenv("DISK_BELOW"), ':', path, 1); }

static int armed(void) {
    const char *file = getenv("DISK_ARMED");
    return !file || syscall(SYS_faccessat, AT_FDCWD, file, F_OK) == 0;
}

/* The path behind a descriptor; 0 if it is not one of ours. */
static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, 4095);
    if (length <= 0) return 0;
    path[length] = 0;
    return below(path);
}

/* An absolute path for one that may be relative; 0 if it is not one of ours. */
static int path_at(int folder, const char *name, char *path) {
    if (!name) return 0;
    if (*name == '/') {
        snprintf(path, 4096, "%s", name);
    } else {
        char base[4096];
        if (folder == AT_FDCWD) {
            if (syscall(SYS_getcwd, base, sizeof base) <= 0) return 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            long length = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
            if (length <= 0) return 0;
            base[length] = 0;
        }
        if (snprintf(path, 4096, "%s/%s", base, name) >= 4096) return 0;
    }
    return below(path);
}

static void append(const char *file, const void *bytes, size_t length) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    if (syscall(SYS_write, fd, bytes, length) != (long)length) abort();
    syscall(SYS_close, fd);
}

enum { GO_ON, FAIL, SHORTEN };

/* Whether this call is the one that fails; sets errno then. */
static int verdict(const char *call, const char *path) {
    const char *at = getenv("DISK_AT"), *count = getenv("DISK_COUNT"), *calls = getenv("DISK_CALLS");
    if ((!at && !count) || (calls && !listed(calls, ',', call, 0)) || !armed()) return GO_ON;
    pthread_mutex_lock(&lock);
    long mine = ++counted;
    pthread_mutex_unlock(&lock);
    if (count) {
        char line[4200];
        int length = snprintf(line, sizeof line, "%ld %s %s\n", mine, call, path);
        append(count, line, (size_t)length);
    }
    if (!at) return GO_ON;
    const char *stays = getenv("DISK_STAYS");
    long wanted = atol(at);
    if (mine != wanted && !(stays && *stays == '1' && mine > wanted)) return GO_ON;
    const char *error = getenv("DISK_ERROR");
    if (error && !strcmp(error, "SHORT")) return SHORTEN;
    errno = error && !strcmp(error, "EIO") ? EIO : ENOSPC;
    return FAIL;
}

/* ---- Remembering ------------------------------------------------------------------------------------------------ */

struct head {
    uint8_t what;
    uint64_t inode, at;
    uint32_t length;
} __attribute__((packed));

/* One record: what happened (N a new empty file, W written, T cut to a length, S synced, L a folder's entries as they
 * are durable, l as they are now), on which inode, where, and the bytes. */
static void record(char what, uint64_t inode, uint64_t at, const void *bytes, size_t length) {
    const char *file = getenv("DISK_RECORD");
    if (!file) return;
    struct head head = {(uint8_t)what, inode, at, (uint32_t)length};
    char *whole = malloc(sizeof head + length);
    if (!whole) abort();
    memcpy(whole, &head, sizeof head);
    if (length) memcpy(whole + sizeof head, bytes, length);
    append(file, whole, sizeof head + length);
    free(whole);
}

static int recording(void) { return getenv("DISK_RECORD") != NULL; }

static uint64_t inode_of(int fd, mode_t *mode, uint64_t *size) {
    struct stat about;
    if (fstat(fd, &about)) return 0;
    if (mode) *mode = about.st_mode;
    if (size) *size = (uint64_t)about.st_size;
    return about.st_ino;
}

/* The entries of a folder: name, 0, kind (f or d), inode in decimal, line end. */
static void record_entries(const char *folder, char what) {
    if (!recording()) return;
    struct stat about;
    DIR *open = opendir(folder);
    if (!open || fstat(dirfd(open), &about)) return;
    size_t room = 1 << 16, length = 0;
    char *text = malloc(room);
    struct dirent *entry;
    while (text && (entry = readdir(open))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (length + 300 > room) text = realloc(text, room *= 2);
        if (!text) abort();
        length += (size_t)sprintf(text + length, "%s%c%c%llu\n", entry->d_name, 0, entry->d_type == DT_DIR ? 'd' : 'f',
                                  (unsigned long long)entry->d_ino);
    }
    closedir(open);
    record(what, about.st_ino, 0, text, length);
    free(text);
}

static void record_around(const char *path) {
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash) return;
    *slash = 0;
    if (below(folder)) record_entries(folder, 'l');
}

static void record_write(int fd, const void *bytes, long written, long at) {
    if (written <= 0 || !recording()) return;
    record('W', inode_of(fd, NULL, NULL), (uint64_t)at, bytes, (size_t)written);
}

/* ---- The calls -------------------------------------------------------------------------------------------------- */

static int opened(int folder, const char *name, int flags, mode_t mode, int (*call)(int, const char *, int, mode_t)) {
    char path[4096];
    int ours = path_at(folder, name, path), creates = flags & O_CREAT;
    if (ours && creates && verdict("open", path) != GO_ON) {
        if (errno != EIO) errno = ENOSPC;
        return -1;
    }
    int was_there = ours && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
    int fd = call(folder, name, flags, mode);
    if (fd >= 0 && ours && recording()) {
        if (creates && !was_there) {
            record('N', inode_of(fd, NULL, NULL), 0, NULL, 0);
            record_around(path);
        } else if (flags & O_TRUNC) {
            record('T', inode_of(fd, NULL, NULL), 0, NULL, 0);
        }
    }
    return fd;
}

static int plain_open(int folder, const char *name, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, folder, name, flags, mode);
}

#define MODE(flags)                                                                                                    \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                           \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode = va_arg(list, mode_t);                                                                                   \
        va_end(list);                                                                                                  \
    }

int open(const char *name, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, name, flags, mode, plain_open);
}
int open64(const char *name, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, name, flags, mode, plain_open);
}
int openat(int folder, const char *name, int flags, ...) {
    MODE(flags)
    return opened(folder, name, flags, mode, plain_open);
}
int openat64(int folder, const char *name, int flags, ...) {
    MODE(flags)
    return opened(folder, name, flags, mode, plain_open);
}

static ssize_t written(const char *call, int fd, const void *bytes, size_t length, off64_t at, int placed) {
    char path[4096];
    int ours = path_of(fd, path);
    if (ours) {
        switch (verdict(call, path)) {
        case FAIL: return -1;
        case SHORTEN: length = length > 1 ? length / 2 : length;
        }
    }
    if (placed) {
        ssize_t result = syscall(SYS_pwrite64, fd, bytes, length, at);
        if (ours) record_write(fd, bytes, result, at);
        return result;
    }
    ssize_t result = syscall(SYS_write, fd, bytes, length);
    if (ours && result > 0) record_write(fd, bytes, result, syscall(SYS_lseek, fd, 0, SEEK_CUR) - result);
    return result;
}

ssize_t write(int fd, const void *bytes, size_t length) { return written("write", fd, bytes, length, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return written("pwrite", fd, bytes, length, at, 1);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    return written("pwrite", fd, bytes, length, at, 1);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[4096];
    if (!path_of(fd, path)) return syscall(SYS_writev, fd, parts, count);
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len) return written("write", fd, parts[part].iov_base, parts[part].iov_len, 0, 0);
    return 0;
}
/* A copy inside the kernel is done by hand, so that it can fail and be remembered. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags) {
    char path[4096];
    if (!path_of(to, path)) return syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
    errno = EXDEV;
    return -1;
}
ssize_t sendfile(int to, int from, off_t *at, size_t length) {
    char path[4096];
    if (!path_of(to, path)) return syscall(SYS_sendfile, to, from, at, length);
    errno = EINVAL;
    return -1;
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t length) { return sendfile(to, from, at, length); }

static int synced(const char *call, int fd, long number) {
    char path[4096];
    int ours = path_of(fd, path);
    if (ours && verdict(call, path) != GO_ON) {
        errno = EIO;
        return -1;
    }
    int result = (int)syscall(number, fd);
    if (ours && !result && recording()) {
        mode_t mode = 0;
        uint64_t inode = inode_of(fd, &mode, NULL);
        if (S_ISDIR(mode)) {
            record_entries(path, 'L');
        } else {
            record_around(path);
            record('S', inode, 0, NULL, 0);
        }
    }
    return result;
}
int fsync(int fd) { return synced("fsync", fd, SYS_fsync); }
int fdatasync(int fd) { return synced("fdatasync", fd, SYS_fdatasync); }

static int cut(int fd, off64_t length) {
    char path[4096];
    int ours = path_of(fd, path);
    if (ours && verdict("ftruncate", path) != GO_ON) return -1;
    int result = (int)syscall(SYS_ftruncate, fd, length);
    if (ours && !result) record('T', inode_of(fd, NULL, NULL), (uint64_t)length, NULL, 0);
    return result;
}
int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int reserved(int fd, off64_t at, off64_t length, int error_is_result) {
    char path[4096];
    int ours = path_of(fd, path);
    if (ours && verdict("fallocate", path) != GO_ON) return error_is_result ? errno : -1;
    int result = (int)syscall(SYS_fallocate, fd, 0, at, length);
    if (error_is_result) return result ? errno : 0;
    return result;
}
int posix_fallocate(int fd, off_t at, off_t length) { return reserved(fd, at, length, 1); }
int posix_fallocate64(int fd, off64_t at, off64_t length) { return reserved(fd, at, length, 1); }
int fallocate(int fd, int mode, off_t at, off_t length) {
    return mode ? (int)syscall(SYS_fallocate, fd, mode, at, length) : reserved(fd, at, length, 0);
}

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char path[4096];
    int ours = path_at(to_folder, to, path);
    if (ours && verdict("rename", path) != GO_ON) return -1;
    int result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (ours && !result) record_around(path);
    return result;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return renamed(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return renamed(from_folder, from, to_folder, to, flags);
}
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    char path[4096];
    int ours = path_at(to_folder, to, path);
    if (ours && verdict("link", path) != GO_ON) return -1;
    int result = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (ours && !result) record_around(path);
    return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int unlink(const char *name) {
    char path[4096];
    int ours = path_at(AT_FDCWD, name, path);
    if (ours && verdict("unlink", path) != GO_ON) {
        errno = EIO;
        return -1;
    }
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
    if (ours && !result) record_around(path);
    return result;
}
int mkdir(const char *name, mode_t mode) {
    char path[4096];
    int ours = path_at(AT_FDCWD, name, path);
    if (ours && verdict("mkdir", path) != GO_ON) return -1;
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode);
    if (ours && !result) record_around(path);
    return result;
}
static void *mapped(void *where, size_t length, int protection, int flags, int fd, off64_t at) {
    char path[4096];
    if (fd >= 0 && (flags & MAP_SHARED) && path_of(fd, path) && verdict("mmap", path) != GO_ON) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, where, length, protection, flags, fd, at);
}
void *mmap(void *where, size_t length, int protection, int flags, int fd, off_t at) {
    return mapped(where, length, protection, flags, fd, at);
}
void *mmap64(void *where, size_t length, int protection, int flags, int fd, off64_t at) {
    return mapped(where, length, protection, flags, fd, at);
}

/* ---- The clock -------------------------------------------------------------------------------------------------- */

static long shift(void) {
    const char *by = getenv("DISK_CLOCK");
    return by && armed() ? atol(by) : 0;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
    return result;
}
int gettimeofday(struct timeval *now, void *zone) {
    int result = (int)syscall(SYS_gettimeofday, now, zone);
    if (!result && now) now->tv_sec += shift();
    return result;
}
time_t time(time_t *to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
