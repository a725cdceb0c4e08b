/* Signatures over bytes, with a private key in a PEM file: Ed25519, or ECDSA with SHA-256. */
#ifndef TOWERKEEP_BASE_SIGN_FILE_H
#define TOWERKEEP_BASE_SIGN_FILE_H

#include <stddef.h>

#include "base/err.h"

#define SIGNATURE_MAX 1024 /* bytes; the largest curves need about 140 */

/* Checks that the private key can be used. ERR_INPUT when the file is not a private key, is
 * protected by a passphrase, or is of another kind. */
int signature_key_check(const char *private_key, struct err *err);
/* Signs; *length is the number of bytes written to `out`. */
int signature_make(const char *private_key, const void *data, size_t data_length,
                   unsigned char out[SIGNATURE_MAX], size_t *length, struct err *err);
/* 1: the signature matches this public key and exactly these bytes; 0: it does not; -1: the key
 * file cannot be used. */
int signature_check(const char *public_key, const void *data, size_t data_length,
                    const void *signature, size_t length, struct err *err);

#endif
