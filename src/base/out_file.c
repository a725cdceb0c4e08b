/* realpath() is XSI. */
#define _XOPEN_SOURCE 700

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define PATH_SIZE 4096

struct out_file {
    char *asked; /* as the caller named it, for messages */
    char *path;  /* the final path, links resolved */
    char *temp;  /* NULL when written in place: a device or a pipe */
    FILE *stream;
    pid_t owner; /* a forked child must not remove its parent's files */
    struct out_file *next;
};

/* The open files, so that they can be removed on exit; the only global state besides the log. */
static struct out_file *open_files;

void path_temp(const char *final_path, char *out, size_t size)
{
    const char *slash = strrchr(final_path, '/');
    const char *name = slash != NULL ? slash + 1 : final_path;
    int folder = slash != NULL ? (int)(slash + 1 - final_path) : 0;
    (void)snprintf(out, size, "%.*s.%s.tmp-%ld", folder, final_path, name, (long)getpid());
}

/* True when a process that has ended left the temporary file `name` (".NAME.tmp-PID"). A live
 * process with that number may be its owner. On a shared disk the owner may be a process of another
 * machine, whose number is likely to be in use here too: a file that is left costs space, but a
 * file removed during writing costs a report. */
static bool is_stale(const char *name)
{
    static const char mark[] = ".tmp-";
    long long pid;
    const char *dash = strrchr(name, '-');
    size_t length = sizeof mark - 1;
    if (name[0] != '.' || dash == NULL || (size_t)(dash + 1 - name) < length ||
        strncmp(dash + 1 - length, mark, length) != 0 || !str_number(dash + 1, 1, INT_MAX, &pid)) {
        return false;
    }
    return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* Removes the stale files whose names begin with `stem`. */
static void drop_stale(const char *directory, const char *stem, size_t length)
{
    DIR *dir = opendir(directory);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, stem, length) == 0 && is_stale(entry->d_name)) {
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

void dir_drop_stale(const char *directory)
{
    drop_stale(directory, ".", 1);
}

/* Removes the temporary files for this file that were left by processes that have ended. */
static void path_drop_stale(const char *final_path)
{
    char temp[PATH_SIZE];
    path_temp(final_path, temp, sizeof temp);
    char *slash = strrchr(temp, '/');
    const char *folder = slash != NULL ? temp : ".";
    const char *name = slash != NULL ? slash + 1 : temp;
    const char *dash = strrchr(name, '-');
    if (slash != NULL) {
        *slash = '\0';
    }
    drop_stale(folder[0] != '\0' ? folder : "/", name,
               dash != NULL ? (size_t)(dash + 1 - name) : strlen(name));
}

/* A rename is on the disk only when its directory is; a file system that cannot sync directories is
 * accepted. */
static void sync_directory_of(const char *path)
{
    char *copy = xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(copy);
}

static int cannot_write(struct err *err, const char *path, int error)
{
    bool mendable = error == ENOENT || error == ENOTDIR || error == EACCES || error == EISDIR ||
                    error == ELOOP || error == ENAMETOOLONG || error == EPERM;
    return err_set(err, mendable ? ERR_INPUT : ERR_IO, "cannot write %s: %s", path,
                   error != 0 ? strerror(error) : "an earlier write failed");
}

static int open_temp(const char *temp, const char *asked, struct err *err)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(temp, flags, 0600);
    if (fd < 0 && errno == EEXIST) {
        /* Left by an ended process that had our number. */
        (void)unlink(temp);
        fd = open(temp, flags, 0600);
    }
    if (fd < 0) {
        (void)cannot_write(err, asked, errno);
    }
    return fd;
}

static void out_file_free(struct out_file *f)
{
    struct out_file **at = &open_files;
    while (*at != NULL && *at != f) {
        at = &(*at)->next;
    }
    if (*at == f) {
        *at = f->next;
    }
    free(f->asked);
    free(f->path);
    free(f->temp);
    free(f);
}

static bool in_place(const char *path)
{
    struct stat info;
    return str_starts(path, "/dev/") || (stat(path, &info) == 0 && !S_ISREG(info.st_mode));
}

int out_file_open(const char *path, struct out_file **out, struct err *err)
{
    if (file_is_directory(path)) {
        return err_set(err, ERR_INPUT, "cannot write %s: it is a directory", path);
    }
    struct out_file *f = xcalloc(1, sizeof *f);
    f->asked = xstrdup(path);
    f->owner = getpid();
    int fd = -1;
    if (in_place(path)) {
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0) {
            (void)cannot_write(err, path, errno);
        }
    } else {
        /* If the path is a link, its target is replaced, not the link. */
        f->path = realpath(path, NULL);
        if (f->path == NULL) {
            f->path = xstrdup(path);
        }
        char temp[PATH_SIZE];
        path_drop_stale(f->path);
        path_temp(f->path, temp, sizeof temp);
        f->temp = xstrdup(temp);
        fd = open_temp(f->temp, path, err);
    }
    if (fd < 0) {
        out_file_free(f);
        return -1;
    }
    f->stream = fdopen(fd, "w");
    if (f->stream == NULL) {
        int error = errno;
        (void)close(fd);
        out_file_abort(f);
        return cannot_write(err, path, error);
    }
    f->next = open_files;
    open_files = f;
    *out = f;
    return 0;
}

FILE *out_file_stream(struct out_file *f)
{
    return f->stream;
}

const char *out_file_temp_path(const struct out_file *f)
{
    return f->temp != NULL ? f->temp : f->asked;
}

/* Syncs the file to the disk and closes the stream; -1 with *error (0 when an earlier write failed
 * without errno). */
static int finish_stream(struct out_file *f, int *error)
{
    bool failed = ferror(f->stream) != 0;
    *error = 0;
    errno = 0;
    if (fflush(f->stream) != 0) {
        failed = true;
        *error = errno;
    }
    if (!failed && f->temp != NULL && fsync(fileno(f->stream)) != 0) {
        failed = true;
        *error = errno;
    }
    if (fclose(f->stream) != 0 && !failed) {
        failed = true;
        *error = errno;
    }
    f->stream = NULL;
    return failed ? -1 : 0;
}

int out_file_commit(struct out_file *f, struct err *err)
{
    int error = 0;
    int rc = finish_stream(f, &error);
    if (rc == 0 && f->temp != NULL && rename(f->temp, f->path) != 0) {
        error = errno;
        rc = -1;
    }
    if (rc != 0) {
        (void)cannot_write(err, f->asked, error);
        out_file_abort(f);
        return -1;
    }
    if (f->temp != NULL) {
        sync_directory_of(f->path);
    }
    out_file_free(f);
    return 0;
}

void out_file_abort(struct out_file *f)
{
    if (f == NULL) {
        return;
    }
    if (f->stream != NULL) {
        (void)fclose(f->stream);
    }
    if (f->temp != NULL) {
        (void)unlink(f->temp);
    }
    out_file_free(f);
}

void out_file_abort_all(void)
{
    /* Only the files are removed: the owner of an out_file may still abort it during exit. */
    for (const struct out_file *f = open_files; f != NULL; f = f->next) {
        if (f->temp != NULL && f->owner == getpid()) {
            (void)unlink(f->temp);
        }
    }
}

int file_publish(const char *temp, const char *path, struct err *err)
{
    int error = 0;
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        (void)unlink(temp);
        return err_set(err, ERR_INPUT, "cannot write %s: not a regular file", path);
    }
    int fd = open(temp, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fchmod(fd, 0600) != 0 || fsync(fd) != 0) {
        error = errno;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (error == 0 && rename(temp, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        (void)unlink(temp);
        return cannot_write(err, path, error);
    }
    sync_directory_of(path);
    return 0;
}
