#include "base/log.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#define SECRET_LENGTH_MIN 8
#define LINE_MAX_BYTES ((size_t)16384)
#define MASK "********"

static const char *const level_words[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

/* The only global state of the program besides open output files: every module may log, and only
 * cli configures
 * it. */
static struct {
    FILE *stream;
    enum log_level level;
    char **secrets; /* longest first, so that a secret within another is masked completely */
    size_t secret_count;
    void (*before_line)(void *context);
    void *context;
} state;

void log_open(FILE *stream, enum log_level level)
{
    state.stream = stream;
    state.level = level;
}

void log_close(void)
{
    if (state.stream != NULL) {
        (void)fflush(state.stream);
    }
    for (size_t i = 0; i < state.secret_count; i++) {
        OPENSSL_cleanse(state.secrets[i], strlen(state.secrets[i]));
        free(state.secrets[i]);
    }
    free(state.secrets);
    memset(&state, 0, sizeof state);
}

void log_before_line(void (*hook)(void *context), void *context)
{
    state.before_line = hook;
    state.context = context;
}

void log_secret(const char *secret)
{
    if (secret == NULL || strlen(secret) < SECRET_LENGTH_MIN) {
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < state.secret_count; i++) {
        if (strcmp(state.secrets[i], secret) == 0) {
            return;
        }
        if (strlen(state.secrets[i]) >= strlen(secret)) {
            at = i + 1;
        }
    }
    state.secrets = xreallocarray(state.secrets, state.secret_count + 1, sizeof *state.secrets);
    memmove(state.secrets + at + 1, state.secrets + at,
            (state.secret_count - at) * sizeof *state.secrets);
    state.secrets[at] = xstrdup(secret);
    state.secret_count++;
}

/* The length of the registered secret at s, or 0. */
static size_t secret_at(const char *s)
{
    for (size_t i = 0; i < state.secret_count; i++) {
        size_t length = strlen(state.secrets[i]);
        if (strncmp(s, state.secrets[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

static char *masked(const char *s)
{
    struct text out;
    text_init(&out, strlen(s) * 2 + sizeof MASK);
    while (*s != '\0') {
        size_t length = secret_at(s);
        if (length > 0) {
            text_add(&out, MASK);
            s += length;
        } else {
            text_addc(&out, *s++);
        }
    }
    return text_take(&out);
}

void log_write(enum log_level level, const char *format, ...)
{
    if (state.stream == NULL || level > state.level) {
        return;
    }
    va_list args;
    va_start(args, format);
    char *raw = xvasprintf(format, args);
    va_end(args);
    /* Secrets are masked before the line is cut or cleaned: otherwise part of a secret could remain
     * that no longer matches.
     */
    char *message = masked(raw);
    size_t kept = strlen(message);
    while (kept > 0 && message[kept - 1] == '\n') {
        kept--;
    }
    bool cut = kept > LINE_MAX_BYTES;
    struct text line;
    text_init(&line, LINE_MAX_BYTES + 64);
    char now[TIME_ISO_SIZE];
    time_iso(clock_wall_ms(NULL), now);
    text_addf(&line, "%s %-5s ", now, level_words[level]);
    text_add_printable(&line, message, cut ? LINE_MAX_BYTES : kept);
    text_add(&line, cut ? "...\n" : "\n");
    if (state.before_line != NULL) {
        state.before_line(state.context);
    }
    (void)fwrite(text_str(&line), 1, line.length, state.stream);
    (void)fflush(state.stream);
    text_release(&line);
    OPENSSL_cleanse(raw, strlen(raw));
    free(raw);
    free(message);
}
