"""What records of a wallet have in common, word for word: what `packing` need not write again in each of them.

Part of the format of every file that was ever written with it: it is never altered. A better one is a second one, under
a number of its own. It lists the shapes of what two agents that meet and agree leave behind, the most frequent last; no
name, key or number of anybody stands in it.
"""

from typing import Final

_DOCUMENT = (
    '{"next":"","at":{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1"],"id":"did:web:'
    '","verificationMethod":[{"id":"#key-1","type":"Multikey","publicKeyMultibase":"z6Mk","controller":"did:web:"},'
    '{"id":"#key-2","type":"Multikey","publicKeyMultibase":"z6LS"}],"authentication":["#key-1"],"assertionMethod":['
    '"#key-1"],"keyAgreement":["#key-2"],"service":[{"id":"#service","type":"DIDCommMessaging","serviceEndpoint":'
    '{"uri":"https://","accept":["didcomm/v2"],"routingKeys":[]}}]}'
)
_CARD = (
    '{"iss":"did:web:","vct":"https://","iat":,"exp":,"cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":"","kid":""}},'
    '"status":{"status_list":{"idx":,"uri":"https://"}},"_sd":[""],"_sd_alg":"sha-256"}{"format":"dc+sd-jwt",'
    '"type":["VerifiablePresentation"],"dcql_query":{"credentials":[{"id":"","meta":{"vct_values":[""]},"claims":'
    '[{"path":[""]}]}]},"attachments":[{"id":"","media_type":"application/json","data":{"json":{"base64":""}}}]'
)
_EVENT = (
    '{"specversion":"1.0","id":"","source":"did:web:","type":"vrm.relationship.met.v1","subject":"rel_","time":"2027-'
    '","datacontenttype":"application/json","vrmrecord":"","vrmthread":"","data":{"record":"vrm.terms.in_force.v1",'
    '"since":"2027-","ends":"2027-","policy":{"permit":[{"action":"dpv:Use","purpose":"dpv:ServiceProvision"},'
    '{"action":"dpv:Use","purpose":"dpv:CustomerManagement"},{"action":"dpv:Use","purpose":"dpv:LegalCompliance"},'
    '{"action":"dpv:Share","purpose":"dpv:ServiceProvision"}],"prohibit":[{"action":"dpv:Monitor"},'
    '{"action":"dpv:Profiling"},{"action":"dpv:Combine"},{"action":"dpv:Infer"},{"action":"dpv:Use","purpose":'
    '"dpv:SellDataToThirdParties"},{"action":"dpv:Share","purpose":"dpv:Marketing"},{"action":"dpv:Share","purpose":'
    '"dpv:SellProducts"},{"action":"dpv:Use","purpose":"dpv:Personalisation"}],"oblige":[{"action":"dpv:Erase"},'
    '{"action":"odrl:inform"}]}}}'
)
_OUTGOING = (
    '{"plaintext":{"typ":"application/didcomm-plain+json","type":"https://didcomm.org/empty/1.0/empty","ack":[""],"body"'
    ':{}},"since":,"reliable":true,"tries":0,"resends":0,"refusals":0,"why":"","stranger":null,"goodbye":""}'
)
_THREAD = (
    '{"thread":{"table":"https://freerange.example/vrm/relationship/1.0#meet","thid":"","role":"person","state":'
    '"greeted","pthid":"","said":[{"by":"person","name":"hello","body":{"protocols":[{"by":"org","name":"welcome",'
    '"state":"met","state":"proffered","state":"accepted","role":"org","state":"in-force","name":"proffer","body":'
    '{"agreement":{"id":"freerange-service-only","version":"1","digest":"uEi"},"scope":"relationship","also":[{"id":'
    '"freerange-service-and-purpose","version":"1","digest":"uEi"}],"lasts":"P1Y"},"id":"","at":,"digest":"uEi"},'
    '{"by":"org","name":"accept"},{"by":"person","name":"confirm","body":{"digest":"uEi"}}],"entered":"","record":"uEi'
    '"},"table":"https://didcomm.org/basicmessage/2.0","thid":"","role":"receiver","role":"sender","state":"talking",'
    '"said":[{"by":"sender","name":"message","body":{"content":""},"id":"","at":}]},"said":1,"heard":0,"early":[],'
    '"owed":[""],"ack":"","latest":"","question":"","complaints":0,"mandate":"","campaign":""}'
)
_SIGNED = (
    '"linkage":{"@context":["https://www.w3.org/ns/credentials/v2","https://identity.foundation/.well-known/'
    'did-configuration/v1"],"type":["VerifiableCredential","DomainLinkageCredential"],"validFrom":"2027-","validUntil":'
    '"2032-","credentialSubject":{"id":"did:web:","origin":"https://"},{"@context":["https://www.w3.org/ns/credentials/'
    'v2","https://freerange.example/vrm/context/v1"],"id":"urn:uuid:","type":["VerifiableCredential",'
    '"RelationshipWelcome","TermsProffer","TermsAccept","TermsConfirm"],"issuer":"did:peer:4zQm","validFrom":"2027-",'
    '"credentialSubject":{"thid":"","audience":"did:web:","seq":1,"prev":"uEi","re":"uEi","body":{"org":{"name":"",'
    '"url":"https://","kind":"vendor"},"domain":"","rights_contact":{},"agreements":[{"id":"freerange-service-only",'
    '"version":"1","digest":"uEi"}]}},"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","created":'
    '"2027-","verificationMethod":"did:web:#key-1","proofPurpose":"assertionMethod","@context":['
    '"https://www.w3.org/ns/credentials/v2","https://freerange.example/vrm/context/v1"],"proofValue":"z"}}'
)
_MESSAGE = (
    '{"message":{"typ":"application/didcomm-plain+json","id":"","type":"https://freerange.example/vrm/relationship/1.0/'
    'hello","type":"https://freerange.example/vrm/relationship/1.0/welcome","type":"https://freerange.example/vrm/terms/'
    '1.0/proffer","type":"https://freerange.example/vrm/terms/1.0/accept","type":"https://freerange.example/vrm/terms/'
    '1.0/confirm","type":"https://didcomm.org/basicmessage/2.0/message","from":"did:peer:4zQm","to":["did:web:"],"from":'
    '"did:web:","to":["did:peer:4zQm"],"thid":"","pthid":"","created_time":,"expires_time":,"please_ack":[""],"ack":[""]'
    ',"sender_order":1,"terms":{"record":"uEi","agreement":{"id":"freerange-service-only","version":"1","digest":"uEi"}}'
    ',"body":{"content":"","body":{"signed":{'
)
_RELATIONSHIP = (
    '"protocols":["https://didcomm.org/out-of-band/2.0","https://didcomm.org/trust-ping/2.0",'
    '"https://didcomm.org/discover-features/2.0","https://didcomm.org/basicmessage/2.0",'
    '"https://didcomm.org/report-problem/2.0","https://didcomm.org/empty/1.0","https://didcomm.org/routing/2.0",'
    '"https://didcomm.org/coordinate-mediation/3.0","https://didcomm.org/coordinate-mediation/2.0",'
    '"https://didcomm.org/messagepickup/3.0","https://didcomm.org/message-pickup/4.0",'
    '"https://didcomm.org/issue-credential/3.0","https://didcomm.org/present-proof/3.0",'
    '"https://freerange.example/vrm/relationship/1.0","https://freerange.example/vrm/terms/1.0",'
    '"https://freerange.example/vrm/consent/1.0","https://freerange.example/vrm/data-rights/1.0",'
    '"https://freerange.example/vrm/profile/1.0","https://freerange.example/vrm/experience/1.0",'
    '"https://freerange.example/vrm/delegation/1.0","https://freerange.example/vrm/intent/1.0",'
    '"https://freerange.example/vrm/things/1.0","https://freerange.example/vrm/loyalty/1.0",'
    '"https://freerange.example/vrm/audit/1.0"]{"peer":"did:web:","our_did":"did:peer:4zQm","their_did":"did:web:",'
    '"name":"","domain":"","kind":"vendor","peer":"did:peer:4zQm","our_did":"did:web:","their_did":"did:peer:4zQm",'
    '"since":,"knows_us":true,"brief":true,"met":true,"invitation":"","ours":{"seq":2,"head":"uEi"},"theirs":{"seq":2,'
    '"head":"uEi"},"agreements":[{"record":"uEi","id":"freerange-service-only","version":"1","digest":"uEi","thid":"",'
    '"since":,"ends":}],"local":"rel_"}'
)

PHRASES: Final = "".join((_DOCUMENT, _CARD, _EVENT, _OUTGOING, _THREAD, _SIGNED, _MESSAGE, _RELATIONSHIP)).encode()
