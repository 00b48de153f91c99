/* An S3-compatible store does what every backend of the storage has to do. */
#include "contract/storage_contract.h"
#include "s3_fixture.h"
#include "storage/s3.h"
#include "support/cmocka_all.h"

static struct storage *open_s3(void **context)
{
    struct s3_fixture *fixture = s3_fixture_open();
    *context = fixture;
    return fixture->storage;
}

static void close_s3(struct storage *storage, void *context)
{
    (void)storage; /* the fixture's */
    s3_fixture_close(context);
}

int main(void)
{
    const struct storage_contract contract = {open_s3, close_s3};
    return storage_contract_run(&contract);
}
