/* What can be told of an option's value by looking at it alone. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "aws/partition.h"
#include "base/text.h"
#include "option_forms.h"

static bool is_url(const char *item)
{
    return (str_starts(item, "http://") && strlen(item) > strlen("http://")) ||
           (str_starts(item, "https://") && strlen(item) > strlen("https://"));
}

static bool is_step(const char *item)
{
    return item[0] >= '1' && item[0] <= '6' && item[1] == '\0';
}

const struct value_form form_account = {.fits = str_is_account_id,
                                        .expected = "an account ID of 12 digits"};
const struct value_form form_region = {.fits = region_possible,
                                       .nearest = region_nearest,
                                       .expected = "an AWS Region such as eu-central-1"};
const struct value_form form_url = {.fits = is_url,
                                    .expected = "a URL that begins with https:// or http://"};
const struct value_form form_external_id = {.shortest = 2,
                                            .longest = 1224,
                                            .more = "_+=,.@:/-",
                                            .expected =
                                                "2 to 1224 letters, digits and any of _+=,.@:/-"};
const struct value_form form_role = {.shortest = 1,
                                     .longest = 512,
                                     .more = "_+=.@/-",
                                     .expected =
                                         "names of roles: letters, digits and any of _+=.@/-"};
const struct value_form form_role_path = {.shortest = 1,
                                          .longest = 512,
                                          .more = "_+=.@/-",
                                          .expected =
                                              "names of roles: letters, digits and any of _+=.@/-"};
const struct value_form form_vault = {.shortest = 2,
                                      .longest = 50,
                                      .more = "_-",
                                      .expected =
                                          "names of vaults: 2 to 50 letters, digits, - and _"};
const struct value_form form_organization = {.shortest = 12,
                                             .longest = 34,
                                             .prefix = "o-",
                                             .more = "-",
                                             .expected = "an organization ID such as o-a1b2c3d4e5"};
const struct value_form form_step = {.fits = is_step,
                                     .expected = "a step, 1 to 6 (the changes of this command are "
                                                 "not made for checks)"};
const struct value_form form_only = {.shortest = 1,
                                     .longest = 40,
                                     .more = "-*?",
                                     .expected = "one step (1 to 6) or the IDs of checks"};

static bool fits(const struct value_form *form, const char *item)
{
    size_t length = strlen(item);
    if (form->fits != NULL) {
        return form->fits(item);
    }
    if (length < form->shortest || length > form->longest ||
        (form->prefix != NULL && !str_starts(item, form->prefix))) {
        return false;
    }
    for (const char *c = item; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr(form->more, *c) == NULL) {
            return false;
        }
    }
    return true;
}

/* The next item of a comma-separated list, without blanks; returns what follows it, NULL at the
 * end. */
static const char *next_item(const char *at, char item[OPTION_ITEM_SIZE])
{
    at += strspn(at, " ");
    size_t length = strcspn(at, ","), kept = length;
    while (kept > 0 && at[kept - 1] == ' ') {
        kept--;
    }
    kept = kept < OPTION_ITEM_SIZE ? kept : OPTION_ITEM_SIZE - 1;
    memcpy(item, at, kept);
    item[kept] = '\0';
    return at[length] == ',' ? at + length + 1 : NULL;
}

const char *option_value_expected(const struct option_row *row, const char *value,
                                  char item[OPTION_ITEM_SIZE])
{
    (void)snprintf(item, OPTION_ITEM_SIZE, "%s", value);
    if (row->form == NULL) {
        return NULL;
    }
    if (row->kind != OPTION_LIST && row->kind != OPTION_ONLY) {
        return fits(row->form, value) ? NULL : row->form->expected;
    }
    for (const char *at = value; at != NULL;) {
        at = next_item(at, item);
        if (item[0] != '\0' && !fits(row->form, item)) {
            return row->form->expected;
        }
    }
    return NULL;
}

void option_values_text(const char *const *values, char *out, size_t size)
{
    struct text text;
    text_init(&text, OPTION_ITEM_SIZE);
    for (size_t i = 0; values[i] != NULL; i++) {
        text_addf(&text, "%s%s", i == 0 ? "" : values[i + 1] == NULL ? " or " : ", ", values[i]);
    }
    (void)snprintf(out, size, "%s", text_str(&text));
    text_release(&text);
}
