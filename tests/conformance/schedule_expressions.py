"""Schedule expressions that EventBridge and Scheduler take and refuse.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html (units, six fields,
`?`), localstack/localstack#12156 and winglang/wing#7115 (refused by the service), localstack/localstack#13572
(accepted).
"""

GOOD = (
    "cron(0 3 * * ? *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)",
    "cron(30-30 13-13 ? * 2,4,6 *)",
    "cron(1-31/30 1-1 ? * 1,7 *)",
    "cron(0 10 ? * 6#3 2026-2027)",
    "cron(0 0 L * ? *)",
    "cron(0 0 3W JAN,JUL ? *)",
    "cron(0 0 ? * 5L *)",
    "rate(1 hour)",
    "rate(5 minutes)",
)
BAD = (
    "cron(7 20 * * 1-7 *)",
    "cron(15 12 ? * -1 *)",
    "cron(60 * * * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 0 32 * ? *)",
    "cron(0 0 * 13 ? *)",
    "cron(0 0 ? * 8 *)",
    "cron(0 0 ? * ? *)",
    "cron(0 0 * * ?)",
    "cron(0 0 ? * 6#6 *)",
    "cron(*/60 * * * ? *)",
    "every day",
    "rate(1.5 hours)",
    "rate(1 week)",
    "rate(0 minutes)",
    "at(2026-01-01)",
)
# Scheduler does not mind the wrong number of the unit; EventBridge does.
BAD_RATES = ("rate(1 hours)", "rate(5 minute)")
