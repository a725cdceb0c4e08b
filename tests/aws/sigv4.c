/* sigv4: shows every stage of our request signing for a request read from a file (docs/sigv4.md).
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sign.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX_BYTES (16 * 1024 * 1024)
#define HEADERS_MAX 256

struct tool {
    struct sign_scope scope;
    struct sign_key key;
    const char *token, *stamp;
    bool s3, keep_path, content_sha256;
    bool nul; /* seen above the body, where it would cut a line short */
    struct sign_request request;
    struct sign_header headers[HEADERS_MAX];
    char payload_hash[SHA256_HEX_SIZE];
};

/* Ends the line at *at with a NUL and moves past it; NULL when nothing is left. */
static char *take_line(struct tool *tool, char **at, char *end)
{
    char *line = *at;
    if (line >= end) {
        return NULL;
    }
    char *newline = memchr(line, '\n', (size_t)(end - line));
    char *stop = newline == NULL ? end : newline;
    *at = newline == NULL ? end : newline + 1;
    if (stop > line && stop[-1] == '\r') {
        stop--;
    }
    tool->nul |= memchr(line, '\0', (size_t)(stop - line)) != NULL;
    *stop = '\0';
    return line;
}

/* "GET /path with blanks?query HTTP/1.1": the method ends at the first blank, the target at the
   last. */
static int read_request_line(struct tool *tool, char *line, struct err *err)
{
    char *target = line == NULL ? NULL : strchr(line, ' ');
    char *version = target == NULL ? NULL : strrchr(target + 1, ' ');
    if (version == NULL || !str_starts(version, " HTTP/1")) {
        return err_set(err, ERR_INPUT, "line 1: want METHOD TARGET HTTP/1.1");
    }
    *target++ = '\0';
    *version = '\0';
    char *query = strchr(target, '?');
    if (query != NULL) {
        *query++ = '\0';
    }
    tool->request.method = line;
    tool->request.path = target;
    tool->request.query = query == NULL ? "" : query;
    return 0;
}

static int add_header(struct tool *tool, const char *name, const char *value, struct err *err)
{
    if (tool->request.header_count == HEADERS_MAX) {
        return err_set(err, ERR_INPUT, "more than %d headers", HEADERS_MAX);
    }
    tool->headers[tool->request.header_count++] = (struct sign_header){name, value};
    return 0;
}

/* A line that begins with a blank continues the value above it: the break becomes blanks. */
static int read_headers(struct tool *tool, char **at, char *end, struct err *err)
{
    char *line, *last = NULL;
    for (unsigned number = 2; (line = take_line(tool, at, end)) != NULL && *line != '\0';
         number++) {
        if (*line == ' ' || *line == '\t') {
            if (last == NULL) {
                return err_set(err, ERR_INPUT, "line %u: continues no header", number);
            }
            for (char *c = last + strlen(last); c < line; c++) {
                *c = ' ';
            }
            continue;
        }
        char *colon = strchr(line, ':');
        if (colon == NULL) {
            return err_set(err, ERR_INPUT, "line %u: want NAME:VALUE", number);
        }
        *colon = '\0';
        last = colon + 1;
        if (add_header(tool, line, last, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static const char *header(const struct tool *tool, const char *name)
{
    for (size_t i = 0; i < tool->request.header_count; i++) {
        if (strcasecmp(tool->headers[i].name, name) == 0) {
            return tool->headers[i].value;
        }
    }
    return NULL;
}

static int complete(struct tool *tool, struct err *err)
{
    int status = 0;
    if (header(tool, "x-amz-date") == NULL) {
        status |= add_header(tool, "X-Amz-Date", tool->stamp, err);
    }
    if (tool->token != NULL && header(tool, "x-amz-security-token") == NULL) {
        status |= add_header(tool, "X-Amz-Security-Token", tool->token, err);
    }
    const char *given = header(tool, "x-amz-content-sha256");
    sha256_hex(tool->request.body, tool->request.body_length, tool->payload_hash);
    if (given == NULL && (tool->s3 || tool->content_sha256)) {
        status |= add_header(tool, "X-Amz-Content-Sha256", tool->payload_hash, err);
    }
    if (given != NULL) {
        tool->request.payload_hash = given + strspn(given, " \t");
    }
    return status;
}

static int read_request(struct tool *tool, char *data, size_t length, struct err *err)
{
    char *at = data, *end = data + length;
    if (read_request_line(tool, take_line(tool, &at, end), err) < 0 ||
        read_headers(tool, &at, end, err) < 0) {
        return -1;
    }
    if (tool->nul) {
        return err_set(err, ERR_INPUT, "the request line or a header holds a NUL");
    }
    tool->request.headers = tool->headers;
    tool->request.body = at;
    tool->request.body_length = (size_t)(end - at);
    tool->request.s3 = tool->s3;
    tool->request.keep_path = tool->keep_path;
    return complete(tool, err);
}

static void print_stages(const struct tool *tool)
{
    struct text canonical, names, string, authorization;
    text_init(&canonical, FILE_MAX_BYTES);
    text_init(&names, FILE_MAX_BYTES);
    text_init(&string, FILE_MAX_BYTES);
    text_init(&authorization, FILE_MAX_BYTES);
    sign_canonical_request(&tool->request, &canonical, &names);
    sign_string_to_sign(&tool->scope, &canonical, &string);
    sign_authorization(NULL, &tool->request, &tool->key, &tool->scope, &authorization);
    printf("--- canonical request\n%s\n--- string to sign\n%s\n--- authorization\n%s\n",
           text_str(&canonical), text_str(&string), text_str(&authorization));
    text_release(&canonical);
    text_release(&names);
    text_release(&string);
    text_release(&authorization);
}

static int usage(void)
{
    fputs("usage: sigv4 [--region R] [--service S] [--access-key K] [--secret X]\n"
          "             [--session-token T] [--time 20150830T123600Z] [--s3] [--no-normalize]\n"
          "             [--content-sha256] FILE\n",
          stderr);
    return 2;
}

static int read_options(struct tool *tool, int argc, char **argv)
{
    static const struct option options[] = {
        {"region", required_argument, NULL, 'r'},
        {"service", required_argument, NULL, 's'},
        {"access-key", required_argument, NULL, 'k'},
        {"secret", required_argument, NULL, 'x'},
        {"session-token", required_argument, NULL, 't'},
        {"time", required_argument, NULL, 'd'},
        {"s3", no_argument, NULL, '3'},
        {"no-normalize", no_argument, NULL, 'n'},
        {"content-sha256", no_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const char **value = letter == 'r'   ? &tool->scope.region
                             : letter == 's' ? &tool->scope.service
                             : letter == 'k' ? &tool->key.access_key_id
                             : letter == 'x' ? &tool->key.secret
                             : letter == 't' ? &tool->token
                             : letter == 'd' ? &tool->stamp
                                             : NULL;
        if (letter == '?') {
            return -1;
        }
        if (value != NULL) {
            *value = optarg;
        }
        tool->s3 |= letter == '3';
        tool->keep_path |= letter == 'n';
        tool->content_sha256 |= letter == 'c';
    }
    return optind + 1 == argc && time_parse_amz(tool->stamp, &tool->scope.wall_ms) ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    char *data = NULL;
    size_t length = 0;
    struct tool tool = {
        .scope = {"us-east-1", "service", 0},
        .key = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
        .stamp = "20150830T123600Z",
    };
    if (read_options(&tool, argc, argv) < 0) {
        return usage();
    }
    int status = file_read(argv[optind], FILE_MAX_BYTES, &data, &length, &err);
    if (status == 0) {
        status = read_request(&tool, data, length, &err);
    }
    if (status == 0) {
        print_stages(&tool);
    } else {
        fprintf(stderr, "sigv4: %s: %s\n", argv[optind], err.text);
    }
    free(data);
    return status == 0 ? 0 : 1;
}
