/* The SQLite engine does what every engine has to do. */
#include <stdlib.h>

#include "contract/store_contract.h"
#include "core/macros.h"
#include "store_sqlite/store_sqlite.h"
#include "support/cmocka_all.h"
#include "temp_store.h"

static struct store *open_store(void **context)
{
    char *folder = temp_folder();
    auto_free char *path = temp_path(folder, "test.db");
    struct store_sqlite_settings settings = {.path = path};
    struct store *store = NULL;
    struct error err = {0};
    *context = folder;
    if (store_sqlite_open(&settings, &store, &err) < 0)
        print_error("%s\n", err.message);
    return store;
}

static void close_store(struct store *store, void *context)
{
    store_close(store);
    temp_folder_remove(context);
}

int main(void)
{
    const struct store_contract contract = {open_store, close_store};
    return store_contract_run(&contract) + subscriptions_contract_run(&contract) +
           retention_contract_run(&contract);
}
