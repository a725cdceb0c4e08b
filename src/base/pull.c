#include "base/pull.h"

#include <stdint.h>
#include <string.h>

static void fail(struct pull *p, const char *problem)
{
    if (p->problem == NULL) {
        p->problem = problem;
        p->at = p->end;
    }
}

static void skip_space(struct pull *p)
{
    while (p->at < p->end &&
           (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t')) {
        p->at++;
    }
}

void pull_init(struct pull *p, const char *data, size_t length)
{
    memset(p, 0, sizeof *p);
    p->start = data != NULL ? data : "";
    p->at = p->start;
    p->end = p->start + (data != NULL ? length : 0);
}

bool pull_failed(const struct pull *p)
{
    return p->problem != NULL;
}

static void enter(struct pull *p, char bracket, const char *problem)
{
    skip_space(p);
    if (p->at == p->end || *p->at != bracket) {
        fail(p, problem);
        return;
    }
    if (p->depth == PULL_DEPTH_MAX) {
        fail(p, "nested too deeply");
        return;
    }
    p->at++;
    p->depth++;
    p->first = true;
}

void pull_object(struct pull *p)
{
    enter(p, '{', "expected an object");
}

void pull_list(struct pull *p)
{
    enter(p, '[', "expected a list");
}

/* Skips the comma before the next item, or the closing bracket (false). */
static bool advance(struct pull *p, char bracket)
{
    skip_space(p);
    if (p->problem != NULL) {
        return false;
    }
    if (p->at == p->end) {
        fail(p, "unexpected end");
        return false;
    }
    if (p->depth == 0) {
        fail(p, "unexpected closing bracket");
        return false;
    }
    if (*p->at == bracket) {
        p->at++;
        p->depth--;
        p->first = false;
        return false;
    }
    if (!p->first) {
        if (*p->at != ',') {
            fail(p, "expected a comma or the closing bracket");
            return false;
        }
        p->at++;
        skip_space(p);
    }
    p->first = false;
    return true;
}

bool pull_member(struct pull *p, struct slice *key)
{
    if (!advance(p, '}')) {
        return false;
    }
    pull_string(p, key);
    skip_space(p);
    if (p->problem == NULL && (p->at == p->end || *p->at != ':')) {
        fail(p, "expected a colon");
    }
    if (p->problem != NULL) {
        return false;
    }
    p->at++;
    return true;
}

bool pull_element(struct pull *p)
{
    return advance(p, ']') && pull_peek(p) != 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at s (`length` bytes left); false when they are missing. */
static bool hex_unit(const char *s, size_t length, uint32_t *unit)
{
    if (length < 4) {
        return false;
    }
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(s[i]);
        if (digit < 0) {
            return false;
        }
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/*
 * Reads the escape whose backslash is at s; its code point in *point. Returns the bytes it takes, 0
 * when bad: unknown letter, lone surrogate, or an escaped NUL, which would cut a C string
 * short. */
static size_t escape_at(const char *s, size_t length, uint32_t *point)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (length < 2) {
        return 0;
    }
    if (s[1] != 'u') {
        const char *letter = s[1] != '\0' ? strchr(letters, s[1]) : NULL;
        if (letter == NULL) {
            return 0;
        }
        *point = (uint32_t)meanings[letter - letters];
        return 2;
    }
    uint32_t high = 0;
    if (!hex_unit(s + 2, length - 2, &high) || high == 0 || (high >= 0xDC00 && high <= 0xDFFF)) {
        return 0;
    }
    if (high < 0xD800 || high > 0xDBFF) {
        *point = high;
        return 6;
    }
    uint32_t low = 0;
    if (length < 12 || s[6] != '\\' || s[7] != 'u' || !hex_unit(s + 8, length - 8, &low) ||
        low < 0xDC00 || low > 0xDFFF) {
        return 0;
    }
    *point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

/* Bytes above ASCII are validated once per string, not once per character. */
void pull_string(struct pull *p, struct slice *raw)
{
    raw->data = "";
    raw->length = 0;
    skip_space(p);
    if (p->at == p->end || *p->at != '"') {
        fail(p, "expected a string");
        return;
    }
    const char *from = ++p->at;
    unsigned char seen = 0;
    while (p->at < p->end && *p->at != '"') {
        unsigned char c = (unsigned char)*p->at;
        seen |= c;
        if (c < 0x20) {
            fail(p, "control character in a string");
            return;
        }
        if (c != '\\') {
            p->at++;
            continue;
        }
        uint32_t point = 0;
        size_t taken = escape_at(p->at, (size_t)(p->end - p->at), &point);
        if (taken == 0) {
            fail(p, "bad escape in a string");
            return;
        }
        p->at += taken;
    }
    if (p->at == p->end) {
        fail(p, "unterminated string");
        return;
    }
    if (seen >= 0x80 && !utf8_valid(from, (size_t)(p->at - from))) {
        fail(p, "invalid UTF-8 in a string");
        return;
    }
    raw->data = from;
    raw->length = (size_t)(p->at - from);
    p->at++;
}

static size_t digits(struct pull *p)
{
    const char *from = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
        p->at++;
    }
    return (size_t)(p->at - from);
}

static void number(struct pull *p)
{
    if (*p->at == '-') {
        p->at++;
    }
    bool zero = p->at < p->end && *p->at == '0';
    size_t whole = digits(p);
    bool good = whole > 0 && !(zero && whole > 1);
    if (good && p->at < p->end && *p->at == '.') {
        p->at++;
        good = digits(p) > 0;
    }
    if (good && p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
        p->at++;
        if (p->at < p->end && (*p->at == '+' || *p->at == '-')) {
            p->at++;
        }
        good = digits(p) > 0;
    }
    if (!good) {
        fail(p, "malformed number");
    }
}

static void literal(struct pull *p, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0) {
        fail(p, "expected a value");
        return;
    }
    p->at += length;
}

char pull_peek(struct pull *p)
{
    skip_space(p);
    if (p->problem != NULL) {
        return 0;
    }
    if (p->at == p->end) {
        fail(p, "unexpected end");
        return 0;
    }
    if (*p->at == '\0' || strchr("{[\"tfn-0123456789", *p->at) == NULL) {
        fail(p, "expected a value");
        return 0;
    }
    return *p->at;
}

/* Recursion ends at PULL_DEPTH_MAX. */
void pull_skip(struct pull *p)
{
    struct slice unused;
    switch (pull_peek(p)) {
    case 0:
        return;
    case '{':
        pull_object(p);
        while (pull_member(p, &unused)) {
            pull_skip(p);
        }
        return;
    case '[':
        pull_list(p);
        while (pull_element(p)) {
            pull_skip(p);
        }
        return;
    case '"':
        pull_string(p, &unused);
        return;
    case 't':
        literal(p, "true");
        return;
    case 'f':
        literal(p, "false");
        return;
    case 'n':
        literal(p, "null");
        return;
    default:
        number(p);
        return;
    }
}

void pull_value(struct pull *p, struct slice *raw)
{
    raw->data = "";
    raw->length = 0;
    skip_space(p);
    const char *from = p->at;
    pull_skip(p);
    if (p->problem == NULL) {
        raw->data = from;
        raw->length = (size_t)(p->at - from);
    }
}

void pull_end(struct pull *p)
{
    skip_space(p);
    if (p->depth > 0) {
        fail(p, "unexpected end");
    } else if (p->at != p->end) {
        fail(p, "unexpected text after the value");
    }
}

bool slice_is(struct slice s, const char *word)
{
    return strlen(word) == s.length && memcmp(s.data, word, s.length) == 0;
}

static void add_point(struct text *out, uint32_t point)
{
    char bytes[4];
    size_t count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = count; i-- > 1;) {
        bytes[i] = (char)(0x80U | (point & 0x3FU));
        point >>= 6;
    }
    bytes[0] = (char)(lead[count] | point);
    text_addn(out, bytes, count);
}

bool slice_unescape(struct slice raw, struct text *out)
{
    const char *at = raw.data;
    const char *end = raw.data + raw.length;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        const char *plain_end = slash != NULL ? slash : end;
        text_addn(out, at, (size_t)(plain_end - at));
        at = plain_end;
        if (slash == NULL) {
            break;
        }
        uint32_t point = 0;
        size_t taken = escape_at(at, (size_t)(end - at), &point);
        if (taken == 0) {
            return false;
        }
        add_point(out, point);
        at += taken;
    }
    return true;
}
