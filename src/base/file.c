#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

/* The error code for an errno: a path that the user can fix, or the disk. */
static enum err_code blame(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EEXIST:
    case EISDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
        return ERR_INPUT;
    default:
        return ERR_IO;
    }
}

static int read_all(int fd, const char *path, size_t ceiling, struct text *into, struct err *err)
{
    char block[65536];
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set(err, blame(errno), "cannot read %s: %s", path, strerror(errno));
        }
        if (got == 0) {
            return 0;
        }
        text_addn(into, block, (size_t)got);
        if (text_failed(into)) {
            return err_set(err, ERR_INPUT, "%s is larger than %zu bytes", path, ceiling);
        }
    }
}

int file_read(const char *path, size_t ceiling, char **data, size_t *length, struct err *err)
{
    int rc = -1;
    struct stat info;
    struct text content;
    text_init(&content, ceiling);
    /* O_NONBLOCK: opening a named pipe must not block before it is rejected. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0) {
        (void)err_set(err, blame(errno), "cannot read %s: %s", path, strerror(errno));
        goto out;
    }
    /* People use /dev/null to mean "no file". */
    if (!S_ISREG(info.st_mode) && strcmp(path, "/dev/null") != 0) {
        (void)err_set(err, ERR_INPUT, "cannot read %s: not a regular file", path);
        goto out;
    }
    if (read_all(fd, path, ceiling, &content, err) != 0) {
        goto out;
    }
    *length = content.length;
    *data = text_take(&content);
    rc = 0;
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    text_release(&content);
    return rc;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool file_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int make_one(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || (errno == EEXIST && file_is_directory(path))) {
        return 0;
    }
    return err_set(err, blame(errno), "cannot create directory %s: %s", path, strerror(errno));
}

int dir_make(const char *path, struct err *err)
{
    if (path[0] == '\0') {
        return err_set(err, ERR_INPUT, "cannot create a directory without a name");
    }
    if (file_is_directory(path)) {
        return 0;
    }
    int rc = 0;
    char *partial = xstrdup(path);
    for (char *at = partial + 1; *at != '\0' && rc == 0; at++) {
        if (*at == '/') {
            *at = '\0';
            if (!file_is_directory(partial)) {
                rc = make_one(partial, err);
            }
            *at = '/';
        }
    }
    free(partial);
    return rc == 0 && !file_is_directory(path) ? make_one(path, err) : rc;
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

int dir_list(const char *path, const char *suffix, char ***names, size_t *count, struct err *err)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return err_set(err, blame(errno), "cannot list %s: %s", path, strerror(errno));
    }
    char **found = NULL;
    size_t used = 0;
    size_t size = 0;
    for (;;) {
        /* readdir() returns NULL at the end and on an error; only errno distinguishes them. */
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            break;
        }
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            (suffix != NULL && !str_ends(name, suffix))) {
            continue;
        }
        if (used == size) {
            size = size > 0 ? size * 2 : 16;
            found = xreallocarray(found, size, sizeof *found);
        }
        found[used++] = xstrdup(name);
    }
    int error = errno;
    (void)closedir(dir);
    if (error != 0) {
        names_free(found, used);
        return err_set(err, blame(error), "cannot list %s: %s", path, strerror(error));
    }
    if (used > 0) {
        qsort(found, used, sizeof *found, by_name);
    }
    *names = found;
    *count = used;
    return 0;
}

void names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
}

char *path_join(const char *a, const char *b)
{
    /* An absolute path is kept as it is, so a path written in a file can be joined to the file's
     * directory.
     */
    if (a[0] == '\0' || b[0] == '/') {
        return xstrdup(b);
    }
    return xasprintf("%s%s%s", a, str_ends(a, "/") ? "" : "/", b);
}

char *path_of_executable(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    return length > 0 && (size_t)length < sizeof path ? xstrndup(path, (size_t)length) : NULL;
}

struct file_lock {
    int fd;
};

int file_lock_take(const char *path, struct file_lock **lock, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return err_set(err, blame(errno), "cannot open lock %s: %s", path, strerror(errno));
    }
    struct flock want = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_SETLK, &want) == 0) {
        *lock = xmalloc(sizeof **lock);
        (*lock)->fd = fd;
        return 0;
    }
    int error = errno;
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (error != EACCES && error != EAGAIN) {
        (void)err_set(err, ERR_IO, "cannot lock %s: %s", path, strerror(error));
    } else if (fcntl(fd, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK && holder.l_pid > 0) {
        (void)err_set(err, ERR_INPUT, "%s is locked by process %ld", path, (long)holder.l_pid);
    } else {
        (void)err_set(err, ERR_INPUT, "%s is locked by another process", path);
    }
    (void)close(fd);
    return -1;
}

void file_lock_release(struct file_lock *lock)
{
    if (lock == NULL) {
        return;
    }
    /* The file stays: removing it would let a third process lock a name that no longer exists. */
    (void)close(lock->fd);
    free(lock);
}

void dir_remove(const char *path)
{
    char **names = NULL;
    size_t count = 0;
    struct err ignored = ERR_INIT;
    if (dir_list(path, NULL, &names, &count, &ignored) == 0) {
        for (size_t i = 0; i < count; i++) {
            char *inside = path_join(path, names[i]);
            struct stat info;
            /* lstat: a link is removed, never followed. */
            if (lstat(inside, &info) == 0 && S_ISDIR(info.st_mode)) {
                dir_remove(inside);
            } else {
                (void)unlink(inside);
            }
            free(inside);
        }
        names_free(names, count);
    }
    (void)rmdir(path);
}
