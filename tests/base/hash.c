#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

static void sha256_agrees_with_the_standard(void **state)
{
    (void)state;
    char hex[SHA256_HEX_SIZE];
    sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex(NULL, 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hmac_agrees_with_rfc_4231(void **state)
{
    (void)state;
    unsigned char mac[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
    hex_encode(mac, sizeof mac, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_sha256(NULL, 0, NULL, 0, mac);
    hex_encode(mac, sizeof mac, hex);
    assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void stream_in_pieces_equals_the_whole(void **state)
{
    (void)state;
    char data[5000];
    memset(data, 'q', sizeof data);
    char whole[SHA256_HEX_SIZE];
    char pieces[SHA256_HEX_SIZE];
    sha256_hex(data, sizeof data, whole);
    struct sha256_stream *s = sha256_stream_new();
    for (size_t i = 0; i < sizeof data; i += 7) {
        sha256_stream_add(s, data + i, sizeof data - i < 7 ? sizeof data - i : 7);
    }
    sha256_stream_add(s, NULL, 0);
    sha256_stream_hex(s, pieces);
    sha256_stream_free(s);
    sha256_stream_free(NULL);
    assert_string_equal(pieces, whole);
}

static void uuid_is_version_four_and_never_twice_the_same(void **state)
{
    (void)state;
    char a[37];
    char b[37];
    for (int i = 0; i < 100; i++) {
        random_uuid(a);
        random_uuid(b);
        assert_int_equal(strlen(a), 36);
        assert_int_equal(a[8], '-');
        assert_int_equal(a[13], '-');
        assert_int_equal(a[14], '4');
        assert_non_null(strchr("89ab", a[19]));
        assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
        assert_string_not_equal(a, b);
    }
}

/* The expected ones are Python's: uuid.uuid5(uuid.UUID("81aa4f1a-..."), name). */
static void uuid_of_a_name_is_version_five(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", "a2a179d3-3337-5f81-b305-04b8108f8e3e"},
        {"run/finding/KMS-05", "cc17e1d7-34cf-543a-b787-9519e9a0bda0"},
    };
    char out[37];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        uuid_of_name(pairs[i][0], out);
        assert_string_equal(out, pairs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_agrees_with_the_standard),
        cmocka_unit_test(hmac_agrees_with_rfc_4231),
        cmocka_unit_test(stream_in_pieces_equals_the_whole),
        cmocka_unit_test(uuid_is_version_four_and_never_twice_the_same),
        cmocka_unit_test(uuid_of_a_name_is_version_five),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
