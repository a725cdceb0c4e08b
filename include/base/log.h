/*
 * The log: lines for the operator, on stderr or a file. cli opens it; any module may write to it.
 * Every line is made printable (text_add_printable) and secrets registered with log_secret() are
 * masked.
 */
#ifndef TOWERKEEP_BASE_LOG_H
#define TOWERKEEP_BASE_LOG_H

#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_open(FILE *stream, enum log_level level); /* stream is borrowed; NULL silences */
void log_close(void);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_secret(const char *secret); /* copies it; strings shorter than 8 bytes are ignored */
/* cli's progress line: called before a log line is printed so that it can clear itself; may be
 * NULL. */
void log_before_line(void (*hook)(void *context), void *context);

#endif
