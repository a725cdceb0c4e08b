/* Files. An output file is complete or absent: it is written under a temporary name, synced and
 * renamed. Files are private by default (0600, directories 0700). */
#ifndef TOWERKEEP_BASE_FILE_H
#define TOWERKEEP_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* Reads a regular file of at most `ceiling` bytes; *data is NUL-terminated and the caller frees
 * it. */
int file_read(const char *path, size_t ceiling, char **data, size_t *length, struct err *err);
bool file_exists(const char *path);
bool file_is_directory(const char *path);
/* Makes the directory and its parents, 0700; an existing directory is fine. */
int dir_make(const char *path, struct err *err);
/* Sorted names of the entries ending with `suffix` (NULL: all), without . and .. ; the caller frees
 * *names with names_free. */
int dir_list(const char *path, const char *suffix, char ***names, size_t *count, struct err *err);
/* Removes a directory and everything in it; links are removed, not followed. */
void dir_remove(const char *path);
void names_free(char **names, size_t count);
char *path_join(const char *a, const char *b); /* the caller frees it */
/* The path of this process; the caller frees it; NULL where /proc is not mounted. */
char *path_of_executable(void);
/* ".NAME.tmp-PID" in the same directory. */
void path_temp(const char *final_path, char *out, size_t size);
/* The same for every file in the directory. */
void dir_drop_stale(const char *directory);

/* An output file that appears under its name only when committed. */
struct out_file;
int out_file_open(const char *path, struct out_file **out, struct err *err);
FILE *out_file_stream(struct out_file *f); /* borrowed */
const char *out_file_temp_path(const struct out_file *f);
int out_file_commit(struct out_file *f,
                    struct err *err);    /* flush, fsync, rename; frees f either way */
void out_file_abort(struct out_file *f); /* removes the temporary file; accepts NULL */
/* Removes temporary files that are still open; safe to call on exit and from a signal handler. */
void out_file_abort_all(void);
/* For libraries that write a path themselves: syncs `temp` and renames it to `path`; removes temp
 * on failure. */
int file_publish(const char *temp, const char *path, struct err *err);

/* An exclusive advisory lock on `path`; ERR_INPUT names the process that already holds it. */
struct file_lock;
int file_lock_take(const char *path, struct file_lock **lock, struct err *err);
void file_lock_release(struct file_lock *lock);

#endif
