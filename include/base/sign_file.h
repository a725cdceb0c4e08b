/* Signatures over bytes, with a private key in a PEM file: Ed25519, or ECDSA with SHA-256. */
#ifndef TOWERKEEP_BASE_SIGN_FILE_H
#define TOWERKEEP_BASE_SIGN_FILE_H

#include <stddef.h>

#include "base/err.h"

#define SIGNATURE_MAX 1024 /* bytes; the largest curves need some 140 */

/* Can this private key be used? ERR_INPUT when it is none, is locked by a passphrase, or is of
 * another kind. */
int signature_key_check(const char *private_key, struct err *err);
/* Signs; *length is how many bytes of `out` were filled. */
int signature_make(const char *private_key, const void *data, size_t data_length,
                   unsigned char out[SIGNATURE_MAX], size_t *length, struct err *err);
/* 1: made with the key that belongs to this public key, over exactly these bytes; 0: not; -1: the
 * key file is of no use. */
int signature_check(const char *public_key, const void *data, size_t data_length,
                    const void *signature, size_t length, struct err *err);

#endif
