/* Service Catalog: the provisioned products that Account Factory keeps, one for each account it
 * made or enrolled. Asked once, in the home Region. */
#include <string.h>

#include "base/jsonx.h"
#include "base/text.h"
#include "crawl.h"

#define PRODUCT_TYPE "CONTROL_TOWER_ACCOUNT"

/* "Account: self" is every product of the account; the default would be the caller's own alone. */
static json_t *input_products(const struct question *q)
{
    (void)q;
    return json_pack("{s:{s:[s]}, s:{s:s, s:s}}", "Filters", "SearchQuery", "type:" PRODUCT_TYPE,
                     "AccessLevelFilter", "Key", "Account", "Value", "self");
}

/* That PhysicalId is the account's id is inferred: the API's reference calls it an identifier that
   is "assigned" to the resource. A product whose PhysicalId is no account id (one that failed
   before there was an account) belongs to none. */
static const char *product_account(const json_t *row)
{
    const char *id = jx_str_or(row, "PhysicalId", "");
    return strlen(id) == 12 && strspn(id, "0123456789") == 12 ? id : "";
}

static int keep_products(const struct answer_page *p, struct err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(jx_get(p->answer->json, "ProvisionedProducts"), i, row)
    {
        const char *id = jx_str(row, "Id");
        if (id == NULL) {
            return err_set(err, ERR_AWS, "SearchProvisionedProducts returned a product without Id");
        }
        /* The filter's words are documented, its values are not: what is of another type is left
           out here as well. */
        if (str_equal(jx_str_or(row, "Type", PRODUCT_TYPE), PRODUCT_TYPE) &&
            crawl_keep(p, "account-product", product_account(row), "", id, row, err) != 0) {
            return -1;
        }
    }
    return 0;
}

const struct collector product_collectors[] = {
    {.phase = PHASE_ORGANIZATION,
     .seed = SEED_HOME,
     .operation = "servicecatalog:SearchProvisionedProducts",
     .keeps = {"account-product"},
     .as_management = true,
     .input = input_products,
     .keep = keep_products},
    {.operation = NULL},
};
