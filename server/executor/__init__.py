"""Runs queries through plans compiled for their document; whatever a plan does not cover is graphql-core's."""

from server.executor.budget import PlanBudget
from server.executor.plans import Outcome, Plans
from server.executor.surprise import ends_operation

__all__ = ["Outcome", "PlanBudget", "Plans", "ends_operation"]
