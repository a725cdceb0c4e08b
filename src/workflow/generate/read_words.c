/*
 * Draws the words that towerkeep reads in answers: member names, values, and the names that AWS
 * gives to its own resources. They are the words of the string literals of the readers, and of the
 * expressions of the rules, so a word that a new reader compares with is there as well.
 *
 *   read_words OUT.c FILE...
 *
 * A literal with a blank or a '%' is a message for people, except in the tables of src/aws, and
 * names such as "SAP HANA on Amazon EC2".
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)
#define WORDS_MAX 32768
#define WORD_BYTES 96
#define TITLE_MAX 48

static char words[WORDS_MAX][WORD_BYTES];
static size_t word_count;

static void take_words(const char *at, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t from = i;
        while (i < length && isalnum((unsigned char)at[i])) {
            i++;
        }
        if (i - from >= 2 && i - from < WORD_BYTES && isalpha((unsigned char)at[from]) &&
            word_count < WORDS_MAX) {
            for (size_t k = from; k < i; k++) {
                words[word_count][k - from] = (char)tolower((unsigned char)at[k]);
            }
            words[word_count++][i - from] = '\0';
        }
        i += i == from ? 1 : 0;
    }
}

static void take_literal(const char *literal, size_t length, bool messages_too)
{
    bool title = length <= TITLE_MAX && isupper((unsigned char)literal[0]);
    bool message =
        memchr(literal, '%', length) != NULL || (memchr(literal, ' ', length) != NULL && !title);
    if (!message || messages_too) {
        take_words(literal, length);
    }
}

/* `at` is behind the opening quote; returns what is behind the closing one. */
static const char *literal_end(const char *at, char quote)
{
    while (*at != '\0' && *at != quote) {
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    }
    return at;
}

static void read_code(const char *at, bool messages_too)
{
    while (*at != '\0') {
        if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end != NULL ? end + 2 : at + strlen(at);
        } else if (strncmp(at, "#include", 8) == 0 || (at[0] == '/' && at[1] == '/')) {
            at += strcspn(at, "\n");
        } else if (*at == '"' || *at == '\'') {
            const char *end = literal_end(at + 1, *at);
            if (*at == '"') {
                take_literal(at + 1, (size_t)(end - at - 1), messages_too);
            }
            at = *end == '\0' ? end : end + 1;
        } else {
            at++;
        }
    }
}

static void read_rule(const char *at)
{
    static const char *const members[] = {"when:", "assert:", "only_if:", "parameters:"};
    bool inside = false;
    while (*at != '\0') {
        size_t length = strcspn(at, "\n");
        if (isalpha((unsigned char)*at)) {
            inside = false;
            for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
                inside = inside || strncmp(at, members[i], strlen(members[i])) == 0;
            }
        }
        if (inside) {
            const char *help = strstr(at, "help:");
            take_words(at, help != NULL && help < at + length ? (size_t)(help - at) : length);
        }
        at += at[length] == '\0' ? length : length + 1;
    }
}

static int read_one(const char *path)
{
    static char data[FILE_MAX];
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        (void)fprintf(stderr, "read_words: cannot read %s\n", path);
        return -1;
    }
    size_t length = fread(data, 1, sizeof data - 1, in);
    (void)fclose(in);
    data[length] = '\0';
    if (strstr(path, ".yaml") != NULL) {
        read_rule(data);
    } else {
        read_code(data, strstr(path, "/src/aws/") != NULL);
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

int main(int argc, char **argv)
{
    int rc = argc < 3 ? 1 : 0;
    for (int i = 2; rc == 0 && i < argc; i++) {
        rc = read_one(argv[i]) != 0 ? 1 : 0;
    }
    FILE *out = rc == 0 ? fopen(argv[1], "w") : NULL;
    if (out == NULL || word_count == WORDS_MAX) {
        (void)fprintf(stderr, "usage: read_words OUT.c FILE... (at most %d words)\n", WORDS_MAX);
        return 1;
    }
    qsort(words, word_count, sizeof *words, compare);
    (void)fprintf(out, "#include \"read_words.h\"\n\nconst char *const read_words[] = {\n");
    for (size_t i = 0; i < word_count; i++) {
        if (i == 0 || strcmp(words[i], words[i - 1]) != 0) {
            (void)fprintf(out, "    \"%s\",\n", words[i]);
        }
    }
    (void)fprintf(out, "};\nconst size_t read_word_count = sizeof read_words / sizeof "
                       "*read_words;\n");
    return fclose(out) == 0 ? 0 : 1;
}
