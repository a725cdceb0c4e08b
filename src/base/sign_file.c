#include "base/sign_file.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/file.h"

#define KEY_FILE_MAX ((size_t)64 * 1024)

/* Never prompt for a passphrase: an unattended job would wait forever. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* The digest for the key: Ed25519 has a built-in one. */
static const EVP_MD *digest_of(const EVP_PKEY *key)
{
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? EVP_sha256() : NULL;
}

static EVP_PKEY *load_key(const char *path, bool private_key, struct err *err)
{
    char *pem = NULL;
    size_t length = 0;
    if (file_read(path, KEY_FILE_MAX, &pem, &length, err) != 0) {
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    EVP_PKEY *key = NULL;
    if (bio != NULL) {
        key = private_key ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                          : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    }
    BIO_free(bio);
    OPENSSL_cleanse(pem, length);
    free(pem);
    ERR_clear_error();
    int kind = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    if (kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_EC) {
        return key;
    }
    EVP_PKEY_free(key);
    (void)err_set(err, ERR_INPUT,
                  "%s: expected %s key in PEM, Ed25519 or ECDSA, without a passphrase", path,
                  private_key ? "a private" : "a public");
    return NULL;
}

int signature_key_check(const char *private_key, struct err *err)
{
    EVP_PKEY *key = load_key(private_key, true, err);
    EVP_PKEY_free(key);
    return key != NULL ? 0 : -1;
}

int signature_make(const char *private_key, const void *data, size_t data_length,
                   unsigned char out[SIGNATURE_MAX], size_t *length, struct err *err)
{
    EVP_PKEY *key = load_key(private_key, true, err);
    if (key == NULL) {
        return -1;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    *length = SIGNATURE_MAX;
    bool made = context != NULL &&
                EVP_DigestSignInit(context, NULL, digest_of(key), NULL, key) == 1 &&
                EVP_DigestSign(context, out, length, data, data_length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return made ? 0
                : err_set(err, ERR_INTERNAL, "%s: the signature could not be created", private_key);
}

int signature_check(const char *public_key, const void *data, size_t data_length,
                    const void *signature, size_t length, struct err *err)
{
    EVP_PKEY *key = load_key(public_key, false, err);
    if (key == NULL) {
        return -1;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL &&
                EVP_DigestVerifyInit(context, NULL, digest_of(key), NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, length, data, data_length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good ? 1 : 0;
}
