/* The catalogue: every remedy, in the order in which they run. */
#include "base/text.h"
#include "remedy.h"

static const struct remedies *const tables[] = {
    &remedies_keys,      &remedies_accounts, &remedies_landing_zone, &remedies_backup,
    &remedies_baselines, &remedies_tags,     &remedies_policies,     &remedies_teardown};

#define TABLE_COUNT (sizeof tables / sizeof *tables)

static const struct remedy *row_at(size_t index)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (index < tables[i]->count) {
            return &tables[i]->rows[index];
        }
        index -= tables[i]->count;
    }
    return NULL;
}

const struct remedy_info *remedy_at(size_t index)
{
    const struct remedy *row = row_at(index);
    return row != NULL ? &row->info : NULL;
}

const struct remedy *remedy_row(size_t index)
{
    return row_at(index);
}

const struct remedy *remedy_find(const char *id)
{
    const struct remedy *row = NULL;
    for (size_t i = 0; (row = row_at(i)) != NULL; i++) {
        if (str_equal(row->info.id, id)) {
            return row;
        }
    }
    return NULL;
}

int remedy_run(struct making *m, const char *id, const json_t *subject, const char *reason,
               struct err *err)
{
    const struct remedy *row = remedy_find(id);
    if (row == NULL || row->make == NULL) {
        return err_set(err, ERR_INTERNAL, "unknown remedy %s", id);
    }
    return row->make(m, subject, reason, err);
}
