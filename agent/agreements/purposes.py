"""Purposes and actions as the Data Privacy Vocabulary (W3C DPV 2) names them, and how they contain each other.

A purpose is allowed or prohibited together with everything it contains. One we do not know contains nothing and is
contained in nothing, so that only a rule that names it, or that names no purpose at all, speaks of it.
"""

import re
from collections.abc import Iterator
from typing import Final

_TERM: Final = re.compile(r"dpv:([A-Za-z]+)")
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

BROADER = {
    "dpv:RequestedServiceProvision": "dpv:ServiceProvision",
    "dpv:DeliveryOfGoods": "dpv:RequestedServiceProvision",
    "dpv:PaymentManagement": "dpv:ServiceProvision",
    "dpv:TechnicalServiceProvision": "dpv:ServiceProvision",
    "dpv:ServiceRegistration": "dpv:ServiceProvision",
    "dpv:RepairImpairments": "dpv:ServiceProvision",
    "dpv:CustomerCare": "dpv:CustomerManagement",
    "dpv:CommunicationForCustomerCare": "dpv:CustomerCare",
    "dpv:CustomerClaimsManagement": "dpv:CustomerManagement",
    "dpv:CustomerOrderManagement": "dpv:CustomerManagement",
    "dpv:CustomerRelationshipManagement": "dpv:CustomerManagement",
    "dpv:EstablishContractualAgreement": "dpv:EstablishAgreement",
    "dpv:NegotiateContract": "dpv:EstablishAgreement",
    "dpv:Advertising": "dpv:Marketing",
    "dpv:PersonalisedAdvertising": "dpv:Advertising",
    "dpv:TargetedAdvertising": "dpv:PersonalisedAdvertising",
    "dpv:DirectMarketing": "dpv:Marketing",
    "dpv:SocialMediaMarketing": "dpv:Marketing",
    "dpv:PublicRelations": "dpv:Marketing",
    "dpv:ServicePersonalisation": "dpv:Personalisation",
    "dpv:UserInterfacePersonalisation": "dpv:ServicePersonalisation",
    "dpv:ProvidePersonalisedRecommendations": "dpv:ServicePersonalisation",
    "dpv:ProvideProductRecommendations": "dpv:ProvidePersonalisedRecommendations",
    "dpv:ServiceUsageAnalytics": "dpv:ServiceOptimisation",
    "dpv:ImproveExistingProductsAndServices": "dpv:ServiceOptimisation",
    "dpv:SellDataToThirdParties": "dpv:SellProducts",
    "dpv:SellInsightsFromData": "dpv:SellProducts",
    "dpv:FraudPreventionAndDetection": "dpv:EnforceSecurity",
    "dpv:IdentityVerification": "dpv:Verification",
    "dpv:LegalCompliance": "dpv:FulfilmentOfObligation",
    "dpv:FulfilmentOfContractualObligation": "dpv:FulfilmentOfObligation",
    "dpv:ScientificResearch": "dpv:ResearchAndDevelopment",
    "dpv:CommercialResearch": "dpv:ResearchAndDevelopment",
}
"""purpose: the one it is part of."""

WORDS = {
    "dpv:ServiceProvision": "to provide the service",
    "dpv:RequestedServiceProvision": "to provide the service you asked for",
    "dpv:DeliveryOfGoods": "to deliver what you ordered",
    "dpv:PaymentManagement": "to handle payment",
    "dpv:CustomerCare": "to help you as a customer",
    "dpv:CommunicationForCustomerCare": "to answer you as a customer",
    "dpv:CustomerManagement": "to look after customers",
    "dpv:CustomerOrderManagement": "to handle your orders",
    "dpv:CustomerClaimsManagement": "to handle your claims",
    "dpv:EstablishContractualAgreement": "to make you an offer",
    "dpv:NegotiateContract": "to make you an offer",
    "dpv:Marketing": "to advertise",
    "dpv:Advertising": "to advertise",
    "dpv:DirectMarketing": "to send you advertising",
    "dpv:PersonalisedAdvertising": "to advertise by what it knows of you",
    "dpv:TargetedAdvertising": "to advertise by what it knows of you",
    "dpv:Personalisation": "to fit things to you",
    "dpv:ServicePersonalisation": "to fit the service to you",
    "dpv:ServiceUsageAnalytics": "to study how the service is used",
    "dpv:ServiceOptimisation": "to improve the service",
    "dpv:SellDataToThirdParties": "to sell what it knows to others",
    "dpv:FraudPreventionAndDetection": "to prevent fraud",
    "dpv:IdentityVerification": "to verify who you are",
    "dpv:LegalCompliance": "to keep the law",
    "dpv:ResearchAndDevelopment": "for research",
    "dpv:ScientificResearch": "for scientific research",
    "dpv:TechnicalServiceProvision": "to keep the service working",
    "dpv:ServiceRegistration": "to register you for the service",
    "dpv:RepairImpairments": "to repair what is broken",
    "dpv:CustomerRelationshipManagement": "to look after you as a customer",
    "dpv:EstablishAgreement": "to agree on something with you",
    "dpv:SocialMediaMarketing": "to advertise in social networks",
    "dpv:PublicRelations": "to look well in public",
    "dpv:UserInterfacePersonalisation": "to fit its pages to you",
    "dpv:ProvidePersonalisedRecommendations": "to recommend things to you",
    "dpv:ProvideProductRecommendations": "to recommend products to you",
    "dpv:ImproveExistingProductsAndServices": "to improve what it sells",
    "dpv:SellProducts": "to sell something",
    "dpv:SellInsightsFromData": "to sell what it learns from your data",
    "dpv:EnforceSecurity": "to keep things secure",
    "dpv:Verification": "to verify something",
    "dpv:FulfilmentOfObligation": "to do what it must",
    "dpv:FulfilmentOfContractualObligation": "to keep its contract with you",
    "dpv:CommercialResearch": "for commercial research",
}


def in_words(purpose: str) -> str:
    """A purpose for people; one we have no words for by the words of its name, or as it is if it is no name of DPV."""
    if words := WORDS.get(purpose):
        return words
    found = _TERM.fullmatch(purpose)
    return f'for the purpose "{_WORD_START.sub(" ", found[1]).lower() if found else purpose}"'


def chain(purpose: str) -> Iterator[str]:
    """A purpose and those that contain it, the narrowest first."""
    step: str | None = purpose
    while step is not None:
        yield step
        step = BROADER.get(step)


def contains(broad: str, narrow: str) -> bool:
    """Whether `narrow` is `broad`, or part of it."""
    return broad in chain(narrow)


def meet(one: str, other: str) -> bool:
    """Whether one of the two is part of the other: then a prohibition of one touches the other."""
    return contains(one, other) or contains(other, one)
