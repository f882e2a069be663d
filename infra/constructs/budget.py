"""Monthly budget of the account, with notices before and after it is used up."""

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infra.deployment import Deployment

NOTICES = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


class Budget(Construct):
    """Budget of the whole account, because cost allocation tags have no effect until they are activated.

    The budget has no name. Another e-mail address or limit replaces it, and CloudFormation cannot replace a named
    resource.
    """

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, limit_usd: int) -> None:
        super().__init__(scope, construct_id)
        subscriber = budgets.CfnBudget.SubscriberProperty(
            address=deployment.settings.team_email, subscription_type="EMAIL"
        )
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=limit_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=notice_type,
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for notice_type, percent in NOTICES
            ],
        )
