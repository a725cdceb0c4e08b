#include <string.h>

#include "aws/sign.h"

/* Copies up to `end`, which must follow and is skipped; -1 when the field is empty or too long. */
static int take_field(const char **at, const char *end, char *out, size_t size)
{
    size_t length = *end == '\0' ? strlen(*at) : strcspn(*at, end);
    if (length == 0 || length >= size || (*end != '\0' && (*at)[length] == '\0')) {
        return -1;
    }
    memcpy(out, *at, length);
    out[length] = '\0';
    *at += length + (*end == '\0' ? 0 : 1);
    return 0;
}

static int take_credential(const char *value, struct sign_claim *out)
{
    char last[16];
    if (take_field(&value, "/", out->access_key_id, sizeof out->access_key_id) < 0 ||
        take_field(&value, "/", out->day, sizeof out->day) < 0 ||
        take_field(&value, "/", out->region, sizeof out->region) < 0 ||
        take_field(&value, "/", out->service, sizeof out->service) < 0 ||
        take_field(&value, "", last, sizeof last) < 0) {
        return -1;
    }
    return strcmp(last, "aws4_request") == 0 && strlen(out->day) == 8 ? 0 : -1;
}

int sign_parse_authorization(const char *value, struct sign_claim *out, struct err *err)
{
    static const char algorithm[] = "AWS4-HMAC-SHA256 ";
    char word[1280], credential[320] = "";
    memset(out, 0, sizeof *out);
    if (!str_starts(value, algorithm)) {
        return err_set(err, ERR_INPUT, "authorization: the algorithm is not AWS4-HMAC-SHA256");
    }
    const char *at = value + sizeof algorithm - 1;
    while (*at != '\0') {
        at += strspn(at, ", ");
        size_t length = strcspn(at, ",");
        if (length == 0) {
            break;
        }
        if (length >= sizeof word) {
            return err_set(err, ERR_INPUT, "authorization: a part is too long");
        }
        memcpy(word, at, length);
        word[length] = '\0';
        at += length;
        const struct {
            const char *name;
            char *out;
            size_t size;
        } fields[] = {
            {"Credential=", credential, sizeof credential},
            {"SignedHeaders=", out->signed_headers, sizeof out->signed_headers},
            {"Signature=", out->signature, sizeof out->signature},
        };
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            const char *rest = word + strlen(fields[i].name);
            if (str_starts(word, fields[i].name) &&
                take_field(&rest, "", fields[i].out, fields[i].size) < 0) {
                return err_set(err, ERR_INPUT, "authorization: malformed %s", fields[i].name);
            }
        }
    }
    if (take_credential(credential, out) < 0) {
        return err_set(err, ERR_INPUT, "authorization: malformed Credential");
    }
    if (out->signed_headers[0] == '\0' || strlen(out->signature) != 64 ||
        strspn(out->signature, "0123456789abcdef") != 64) {
        return err_set(err, ERR_INPUT, "authorization: SignedHeaders or Signature is missing");
    }
    return 0;
}
