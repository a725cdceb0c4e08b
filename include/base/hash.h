/* SHA-256, HMAC-SHA-256 and hex, over OpenSSL. */
#ifndef TOWERKEEP_BASE_HASH_H
#define TOWERKEEP_BASE_HASH_H

#include <stddef.h>

#define SHA256_SIZE 32
#define SHA256_HEX_SIZE 65 /* with the NUL */

void sha256(const void *data, size_t length, unsigned char out[SHA256_SIZE]);
void sha256_hex(const void *data, size_t length, char out[SHA256_HEX_SIZE]);
void hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                 unsigned char out[SHA256_SIZE]);
void hex_encode(const unsigned char *bytes, size_t length, char *out); /* out holds 2*length+1 */
/* Random bytes from the operating system; ends the program when it cannot provide them. */
void random_bytes(void *out, size_t length);
/* A lower-case RFC 4122 version 4 UUID; out holds 37. */
void random_uuid(char out[37]);

/* The RFC 9562 version 5 UUID of the name in towerkeep's namespace
   (81aa4f1a-87a1-4580-bea0-7ce5411c7edc): the same name gives the same UUID. out holds 37. */
void uuid_of_name(const char *name, char out[37]);

/* An incremental digest for files and streams. */
struct sha256_stream;
struct sha256_stream *sha256_stream_new(void);
void sha256_stream_add(struct sha256_stream *s, const void *data, size_t length);
void sha256_stream_hex(struct sha256_stream *s, char out[SHA256_HEX_SIZE]); /* ends the stream */
void sha256_stream_free(struct sha256_stream *s);

#endif
