#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"

struct sink {
    char *data;
    size_t length;
    FILE *stream;
};

static int open_sink(void **state)
{
    struct sink *s = xcalloc(1, sizeof *s);
    s->stream = open_memstream(&s->data, &s->length);
    *state = s;
    return s->stream != NULL ? 0 : -1;
}

static int close_sink(void **state)
{
    struct sink *s = *state;
    log_close();
    (void)fclose(s->stream);
    free(s->data);
    free(s);
    return 0;
}

static void lines_below_the_level_are_dropped(void **state)
{
    struct sink *s = *state;
    log_open(s->stream, LOG_WARN);
    log_write(LOG_INFO, "quiet");
    log_write(LOG_WARN, "heard %d\n", 1);
    log_write(LOG_ERROR, "loud");
    assert_null(strstr(s->data, "quiet"));
    assert_non_null(strstr(s->data, "Z warn  heard 1\n"));
    assert_non_null(strstr(s->data, "Z error loud\n"));
}

static void registered_secrets_never_appear(void **state)
{
    struct sink *s = *state;
    log_secret("short");
    log_secret(NULL);
    log_secret("hunter2hunter2");
    log_secret("hunter2hunter2-and-more");
    log_secret("hunter2hunter2");
    log_open(s->stream, LOG_DEBUG);
    log_write(LOG_DEBUG, "a=%s b=%s c=short", "hunter2hunter2", "hunter2hunter2-and-more");
    assert_null(strstr(s->data, "hunter2"));
    assert_null(strstr(s->data, "and-more"));
    assert_non_null(strstr(s->data, "a=******** b=******** c=short\n"));
}

static void secret_across_the_cut_leaves_no_half(void **state)
{
    struct sink *s = *state;
    log_secret("SECRETSECRETSECRET");
    log_open(s->stream, LOG_DEBUG);
    char padding[16384 - 4];
    memset(padding, 'p', sizeof padding - 1);
    padding[sizeof padding - 1] = '\0';
    log_write(LOG_INFO, "%sSECRETSECRETSECRET tail", padding);
    assert_null(strstr(s->data, "SECR"));
    assert_true(s->length < 16384 + 100);
    assert_int_equal(s->data[s->length - 1], '\n');
    assert_string_equal(s->data + s->length - 4, "...\n");
}

static void hostile_text_stays_one_harmless_line(void **state)
{
    struct sink *s = *state;
    log_open(s->stream, LOG_INFO);
    log_write(LOG_INFO, "name=%s", "x\n2026 error forged\x1B]0;title\x07\xE2\x80\xAE");
    assert_ptr_equal(strchr(s->data, '\n'), s->data + s->length - 1);
    assert_null(strchr(s->data, '\x1B'));
    assert_non_null(strstr(s->data, "name=x?2026 error forged?]0;title??\n"));
}

static void count_call(void *context)
{
    (*(int *)context)++;
}

static void progress_is_told_before_each_line(void **state)
{
    struct sink *s = *state;
    int calls = 0;
    log_open(s->stream, LOG_INFO);
    log_before_line(count_call, &calls);
    log_write(LOG_INFO, "one");
    log_write(LOG_DEBUG, "dropped");
    log_write(LOG_INFO, "two");
    assert_int_equal(calls, 2);
}

static void closed_or_silent_log_writes_nothing(void **state)
{
    struct sink *s = *state;
    log_open(NULL, LOG_DEBUG);
    log_write(LOG_ERROR, "nowhere");
    log_open(s->stream, LOG_DEBUG);
    log_close();
    log_write(LOG_ERROR, "nowhere");
    (void)fflush(s->stream);
    assert_int_equal(s->length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_below_the_level_are_dropped, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(registered_secrets_never_appear, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(secret_across_the_cut_leaves_no_half, open_sink,
                                        close_sink),
        cmocka_unit_test_setup_teardown(hostile_text_stays_one_harmless_line, open_sink,
                                        close_sink),
        cmocka_unit_test_setup_teardown(progress_is_told_before_each_line, open_sink, close_sink),
        cmocka_unit_test_setup_teardown(closed_or_silent_log_writes_nothing, open_sink, close_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
