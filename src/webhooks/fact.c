#include "fact.h"

#include "app/app.h"
#include "app/dialect.h"

static int
fact_reply(struct app *app, struct request *request, struct response *response, struct error *err)
{
    if (hand_over_result(request, err) < 0) {
        metric_add(app->count.webhook_not_stored, 1);
        return -1;
    }
    const char *text = dialect_shape(request)->fact_text;
    if (text != NULL)
        response_text(response, 200, "text/plain; charset=utf-8", text);
    else
        response_empty(response, 204);
    return 0;
}

int fact_hand_over(struct app *app,
                   struct request *request,
                   const struct hand_over *what,
                   struct error *err)
{
    struct hand_over fact = *what;
    fact.reply = fact_reply;
    fact.deadline_ms = app->config->server.fact_deadline_ms;
    return hand_over(app, request, &fact, err);
}

int fact_malformed(struct app *app)
{
    metric_add(app->count.webhook_malformed, 1);
    return -1;
}
