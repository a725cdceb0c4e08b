#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "core.h"

/* Letters out of a digest; more letters than a digest holds are made from digests of digests. */
static void letters(const unsigned char seed[SHA256_SIZE], const char *alphabet, size_t length,
                    char *out)
{
    unsigned char digest[SHA256_SIZE];
    size_t radix = strlen(alphabet);
    memcpy(digest, seed, sizeof digest);
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && i % SHA256_SIZE == 0) {
            sha256(digest, sizeof digest, digest);
        }
        out[i] = alphabet[digest[i % SHA256_SIZE] % radix];
    }
    out[length] = '\0';
}

static void uuid(const unsigned char digest[SHA256_SIZE], char out[37])
{
    unsigned char b[16];
    char hex[33];
    memcpy(b, digest, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    hex_encode(b, sizeof b, hex);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void next_digest(struct sim *sim, unsigned char digest[SHA256_SIZE])
{
    char words[64];
    snprintf(words, sizeof words, "%" PRIu64 "#%" PRIu64, sim->seed, ++sim->counter);
    sha256(words, strlen(words), digest);
}

static void words_digest(const struct sim *sim, const char *words,
                         unsigned char digest[SHA256_SIZE])
{
    struct text t;
    text_init(&t, 65536);
    text_addf(&t, "%" PRIu64 "|%s", sim->seed, words);
    sha256(text_str(&t), t.length, digest);
    text_release(&t);
}

void sim_new_uuid(struct sim *sim, char out[37])
{
    unsigned char digest[SHA256_SIZE];
    next_digest(sim, digest);
    uuid(digest, out);
}

void sim_new_id(struct sim *sim, const char *alphabet, size_t length, char *out)
{
    unsigned char digest[SHA256_SIZE];
    next_digest(sim, digest);
    letters(digest, alphabet, length, out);
}

void sim_hash_id(const struct sim *sim, const char *words, const char *alphabet, size_t length,
                 char *out)
{
    unsigned char digest[SHA256_SIZE];
    words_digest(sim, words, digest);
    letters(digest, alphabet, length, out);
}

void sim_hash_uuid(const struct sim *sim, const char *words, char out[37])
{
    unsigned char digest[SHA256_SIZE];
    words_digest(sim, words, digest);
    uuid(digest, out);
}
