#include "base/hash.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct sha256_stream {
    EVP_MD_CTX *context;
};

static _Noreturn void die(const char *what)
{
    (void)fprintf(stderr, "towerkeep: the cryptographic library failed: %s\n", what);
    exit(1);
}

void sha256(const void *data, size_t length, unsigned char out[SHA256_SIZE])
{
    if (SHA256(length > 0 ? data : (const void *)"", length, out) == NULL) {
        die("SHA-256");
    }
}

void sha256_hex(const void *data, size_t length, char out[SHA256_HEX_SIZE])
{
    unsigned char digest[SHA256_SIZE];
    sha256(data, length, digest);
    hex_encode(digest, sizeof digest, out);
}

void hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                 unsigned char out[SHA256_SIZE])
{
    unsigned size = SHA256_SIZE;
    if (key_length > INT_MAX) {
        die("HMAC key too long");
    }
    /* A NULL key means "the last one" to OpenSSL. */
    const void *real_key = key_length > 0 ? key : (const void *)"";
    const void *real_data = length > 0 ? data : (const void *)"";
    if (HMAC(EVP_sha256(), real_key, (int)key_length, real_data, length, out, &size) == NULL) {
        die("HMAC");
    }
}

void hex_encode(const unsigned char *bytes, size_t length, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * length] = '\0';
}

void random_bytes(void *out, size_t length)
{
    unsigned char *at = out;
    while (length > 0) {
        int part = length < INT_MAX ? (int)length : INT_MAX;
        if (RAND_bytes(at, part) != 1) {
            die("cannot get random bytes");
        }
        at += part;
        length -= (size_t)part;
    }
}

static void print_uuid(const unsigned char bytes[16], char out[37])
{
    char hex[33];
    hex_encode(bytes, 16, hex);
    (void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
}

void random_uuid(char out[37])
{
    unsigned char bytes[16];
    random_bytes(bytes, sizeof bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0FU) | 0x40U);
    bytes[8] = (unsigned char)((bytes[8] & 0x3FU) | 0x80U);
    print_uuid(bytes, out);
}

void uuid_of_name(const char *name, char out[37])
{
    static const unsigned char space[16] = {0x81, 0xAA, 0x4F, 0x1A, 0x87, 0xA1, 0x45, 0x80,
                                            0xBE, 0xA0, 0x7C, 0xE5, 0x41, 0x1C, 0x7E, 0xDC};
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c == NULL || EVP_DigestInit_ex(c, EVP_sha1(), NULL) != 1 ||
        EVP_DigestUpdate(c, space, sizeof space) != 1 ||
        EVP_DigestUpdate(c, name, strlen(name)) != 1 || EVP_DigestFinal_ex(c, digest, NULL) != 1) {
        die("SHA-1");
    }
    EVP_MD_CTX_free(c);
    digest[6] = (unsigned char)((digest[6] & 0x0FU) | 0x50U);
    digest[8] = (unsigned char)((digest[8] & 0x3FU) | 0x80U);
    print_uuid(digest, out);
}

struct sha256_stream *sha256_stream_new(void)
{
    struct sha256_stream *s = xmalloc(sizeof *s);
    s->context = EVP_MD_CTX_new();
    if (s->context == NULL || EVP_DigestInit_ex(s->context, EVP_sha256(), NULL) != 1) {
        die("SHA-256");
    }
    return s;
}

void sha256_stream_add(struct sha256_stream *s, const void *data, size_t length)
{
    if (length > 0 && EVP_DigestUpdate(s->context, data, length) != 1) {
        die("SHA-256");
    }
}

void sha256_stream_hex(struct sha256_stream *s, char out[SHA256_HEX_SIZE])
{
    unsigned char digest[SHA256_SIZE];
    if (EVP_DigestFinal_ex(s->context, digest, NULL) != 1) {
        die("SHA-256");
    }
    hex_encode(digest, sizeof digest, out);
}

void sha256_stream_free(struct sha256_stream *s)
{
    if (s == NULL) {
        return;
    }
    EVP_MD_CTX_free(s->context);
    free(s);
}
