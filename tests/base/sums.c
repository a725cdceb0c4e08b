/* Sums are read exactly as they are written; signatures hold for their bytes alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sign_file.h"
#include "base/sums.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void what_is_printed_is_read_again(void **state)
{
    (void)state;
    static char first[] = "a b", second[] = "c/d";
    struct sum items[2] = {{.name = first, .hex = A}, {.name = second, .hex = A}};
    const struct sums sums = {items, 2};
    struct sums again;
    struct err err = ERR_INIT;
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(sums_print(&sums, &text, &length, &err), 0);
    assert_string_equal(text, A "  a b\n" A "  c/d\n");
    assert_int_equal(sums_parse("x", text, length, &again, &err), 0);
    assert_int_equal(again.count, 2);
    assert_string_equal(again.items[1].name, "c/d");
    assert_string_equal(again.items[1].hex, A);
    sums_release(&again);
    free(text);
}

static void what_was_tampered_with_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const bad[] = {A "  b\n" A "  a\n", A "  a\n" A "  a\n", A "  a\n" A "  b",
                                      A "  a\n" A " *b\n", A "  a\n" A "  \n",  A "  a\n\n",
                                      A "  a\nA" A "  b\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sums sums;
        struct err err = ERR_INIT;
        assert_int_equal(sums_parse("digest", bad[i], strlen(bad[i]), &sums, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, "digest:2: "));
        assert_int_equal(sums.count, 0);
    }
}

static void a_name_that_is_no_line_is_refused(void **state)
{
    (void)state;
    static char name[] = "a\nb";
    struct sum item = {.name = name, .hex = A};
    const struct sums sums = {&item, 1};
    struct err err = ERR_INIT;
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(sums_print(&sums, &text, &length, &err), -1);
}

static void write_keys(const char *kind, const char *curve, const char *private_key,
                       const char *public_key)
{
    EVP_PKEY *key =
        curve ? EVP_PKEY_Q_keygen(NULL, NULL, kind, curve) : EVP_PKEY_Q_keygen(NULL, NULL, kind);
    assert_non_null(key);
    FILE *out = fopen(private_key, "w");
    assert_non_null(out);
    assert_int_equal(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(out);
    out = fopen(public_key, "w");
    assert_non_null(out);
    assert_int_equal(PEM_write_PUBKEY(out, key), 1);
    fclose(out);
    EVP_PKEY_free(key);
}

static void a_signature_holds_for_its_bytes_and_key_alone(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *curve;
    } kinds[] = {{"ED25519", NULL}, {"EC", "P-256"}, {"EC", "P-521"}};
    char directory[] = "/tmp/towerkeep-sums-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char *private_key = path_join(directory, "key"), *public_key = path_join(directory, "pub");
    char *other_key = path_join(directory, "other"), *other_pub = path_join(directory, "otherpub");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        unsigned char signature[SIGNATURE_MAX];
        size_t length = 0;
        struct err err = ERR_INIT;
        write_keys(kinds[i].kind, kinds[i].curve, private_key, public_key);
        write_keys(kinds[i].kind, kinds[i].curve, other_key, other_pub);
        assert_int_equal(signature_key_check(private_key, &err), 0);
        assert_int_equal(signature_key_check(public_key, &err), -1);
        assert_int_equal(signature_make(private_key, "bytes", 5, signature, &length, &err), 0);
        assert_int_equal(signature_check(public_key, "bytes", 5, signature, length, &err), 1);
        assert_int_equal(signature_check(public_key, "bytez", 5, signature, length, &err), 0);
        assert_int_equal(signature_check(other_pub, "bytes", 5, signature, length, &err), 0);
        assert_int_equal(signature_check(public_key, "bytes", 5, signature, length - 1, &err), 0);
        signature[length / 2] ^= 1;
        assert_int_equal(signature_check(public_key, "bytes", 5, signature, length, &err), 0);
        assert_int_equal(signature_check(private_key, "bytes", 5, signature, length, &err), -1);
        assert_int_equal(err.code, ERR_INPUT);
    }
    free(private_key);
    free(public_key);
    free(other_key);
    free(other_pub);
    dir_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read_again),
        cmocka_unit_test(what_was_tampered_with_is_refused_with_its_line),
        cmocka_unit_test(a_name_that_is_no_line_is_refused),
        cmocka_unit_test(a_signature_holds_for_its_bytes_and_key_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
