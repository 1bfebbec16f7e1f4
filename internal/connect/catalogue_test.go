package connect_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// typed is what people type in.
type typed map[string]string

// story is how a user's account of an app is connected, and how its credential
// travels. It is written out here and not read from the app's file, so that
// neither is right by being wrong in the same way.
type story struct {
	method  string // app/method
	fields  typed
	api     string // where a call goes
	carries string // a header of a call; with … at its end: what it begins with
	then    string // the same when the token has been refreshed; "" = it has no end
}

const accountSID = "AC0123456789abcdef0123456789abcdef"

// The first thirty apps of the catalogue, all but http: what that connects to is
// the user's own, so that nothing of a provider can have been recorded.
var stories = []story{
	{"google_sheets/oauth", nil, "https://sheets.googleapis.com", "Authorization: Bearer ya29.fixture-access", "Authorization: Bearer ya29.fixture-access-2"},
	{"google_sheets/service_account", serviceAccount(), "https://sheets.googleapis.com", "Authorization: Bearer ya29.c.fixture-service-account", "Authorization: Bearer ya29.c.fixture-service-account-again"},
	{"gmail/oauth", nil, "https://gmail.googleapis.com", "Authorization: Bearer ya29.fixture-access", "Authorization: Bearer ya29.fixture-access-2"},
	{"gmail/service_account", serviceAccount(), "https://gmail.googleapis.com", "Authorization: Bearer ya29.c.fixture-service-account", "Authorization: Bearer ya29.c.fixture-service-account-again"},
	{"google_calendar/oauth", nil, "https://www.googleapis.com", "Authorization: Bearer ya29.fixture-access", "Authorization: Bearer ya29.fixture-access-2"},
	{"google_calendar/service_account", serviceAccount(), "https://www.googleapis.com", "Authorization: Bearer ya29.c.fixture-service-account", "Authorization: Bearer ya29.c.fixture-service-account-again"},
	{"google_drive/oauth", nil, "https://www.googleapis.com", "Authorization: Bearer ya29.fixture-access", "Authorization: Bearer ya29.fixture-access-2"},
	{"google_drive/service_account", serviceAccount(), "https://www.googleapis.com", "Authorization: Bearer ya29.c.fixture-service-account", "Authorization: Bearer ya29.c.fixture-service-account-again"},
	{"slack/oauth", nil, "https://slack.com", "Authorization: Bearer xoxe.xoxb-1-fixture-bot", "Authorization: Bearer xoxe.xoxb-1-fixture-bot-2"},
	{"github/oauth_app", nil, "https://api.github.com", "Authorization: Bearer gho_fixtureaccess", ""},
	{"github/app_user", nil, "https://api.github.com", "Authorization: Bearer ghu_fixtureaccess", "Authorization: Bearer ghu_fixtureaccess2"},
	{"github/app_installation", nil, "https://api.github.com", "Authorization: Bearer ghs_fixtureinstallation", "Authorization: Bearer ghs_fixtureinstallation-again"},
	{"github/personal_token", typed{"key": "ghp_planted4711"}, "https://api.github.com", "Authorization: Bearer ghp_planted4711", ""},
	{"notion/oauth", nil, "https://api.notion.com", "Authorization: Bearer ntn_fixtureaccess", "Authorization: Bearer ntn_fixtureaccess2"},
	{"notion/internal_secret", typed{"key": "ntn_planted4711"}, "https://api.notion.com", "Authorization: Bearer ntn_planted4711", ""},
	{"hubspot/oauth", nil, "https://api.hubapi.com", "Authorization: Bearer fixture-access", "Authorization: Bearer fixture-access-2"},
	{"hubspot/private_app", typed{"key": "pat-eu1-planted-4711"}, "https://api.hubapi.com", "Authorization: Bearer pat-eu1-planted-4711", ""},
	{"salesforce/oauth", nil, "https://fixture.my.salesforce.com", "Authorization: Bearer 00D50000000IZ3Z!fixture-access", "Authorization: Bearer 00D50000000IZ3Z!fixture-access-2"},
	{"salesforce/jwt", typed{"username": "ada@example.com"}, "https://fixture.my.salesforce.com", "Authorization: Bearer 00D50000000IZ3Z!fixture-jwt", "Authorization: Bearer 00D50000000IZ3Z!fixture-jwt-again"},
	{"shopify/oauth", typed{"shop": "my-store"}, "https://my-store.myshopify.com", "X-Shopify-Access-Token: shpat_fixtureaccess", "X-Shopify-Access-Token: shpat_fixtureaccess2"},
	{"shopify/custom_app", typed{"shop": "my-store", "key": "shpat_planted4711"}, "https://my-store.myshopify.com", "X-Shopify-Access-Token: shpat_planted4711", ""},
	{"stripe/api_key", typed{"key": "rk_live_planted4711"}, "https://api.stripe.com", "Authorization: Bearer rk_live_planted4711", ""},
	{"stripe/oauth", nil, "https://api.stripe.com", "Authorization: Bearer sk_live_fixtureaccess", "Authorization: Bearer sk_live_fixtureaccess2"},
	{"jira/oauth", nil, "https://api.atlassian.com/ex/jira/" + cloudID, "Authorization: Bearer fixture.access.jwt", "Authorization: Bearer fixture.access.jwt.2"},
	{"jira/api_token", typed{"site": "fixture", "username": "ada@example.com", "password": "planted-4711"}, "https://api.atlassian.com/ex/jira/" + cloudID, "Authorization: Basic YWRhQGV4YW1wbGUuY29tOnBsYW50ZWQtNDcxMQ==", ""},
	{"linear/oauth", nil, "https://api.linear.app", "Authorization: Bearer lin_oauth_fixtureaccess", "Authorization: Bearer lin_oauth_fixtureaccess2"},
	{"linear/api_key", typed{"key": "lin_api_planted4711"}, "https://api.linear.app", "Authorization: lin_api_planted4711", ""},
	{"microsoft_outlook/oauth", nil, "https://graph.microsoft.com/v1.0", "Authorization: Bearer eyJ.fixture.access", "Authorization: Bearer eyJ.fixture.access2"},
	{"microsoft_teams/oauth", nil, "https://graph.microsoft.com/v1.0", "Authorization: Bearer eyJ.fixture.access", "Authorization: Bearer eyJ.fixture.access2"},
	{"microsoft_onedrive/oauth", nil, "https://graph.microsoft.com/v1.0", "Authorization: Bearer EwB.fixture-access", "Authorization: Bearer EwB.fixture-access-2"},
	{"airtable/oauth", nil, "https://api.airtable.com", "Authorization: Bearer oaaFixture.v1.access", "Authorization: Bearer oaaFixture.v1.access-2"},
	{"airtable/token", typed{"key": "patPlanted.4711"}, "https://api.airtable.com", "Authorization: Bearer patPlanted.4711", ""},
	{"asana/oauth", nil, "https://app.asana.com/api/1.0", "Authorization: Bearer f6ds7fdsa69ags7ag9sd5a", "Authorization: Bearer f6ds7fdsa69ags7ag9sd5b"},
	{"zendesk/oauth", typed{"subdomain": "fixture"}, "https://fixture.zendesk.com", "Authorization: Bearer fixture-access", "Authorization: Bearer fixture-access-2"},
	{"zendesk/client_credentials", typed{"subdomain": "fixture", "client_id": "own", "client_secret": "planted-4711"}, "https://fixture.zendesk.com", "Authorization: Bearer fixture-client-access", "Authorization: Bearer fixture-client-access-again"},
	{"zendesk/api_token", typed{"subdomain": "fixture", "username": "ada@example.com/token", "password": "planted-4711"}, "https://fixture.zendesk.com", "Authorization: Basic YWRhQGV4YW1wbGUuY29tL3Rva2VuOnBsYW50ZWQtNDcxMQ==", ""},
	{"intercom/oauth", nil, "https://api.intercom.io", "Authorization: Bearer dG9rOmZpeHR1cmU=", ""},
	{"intercom/token", typed{"region": "api.eu.intercom.io", "key": "planted-4711"}, "https://api.eu.intercom.io", "Authorization: Bearer planted-4711", ""},
	{"quickbooks/oauth", nil, "https://quickbooks.api.intuit.com", "Authorization: Bearer eyJfixture.access", "Authorization: Bearer eyJfixture.access-2"},
	{"xero/oauth", nil, "https://api.xero.com", "Authorization: Bearer eyJfixture.access", "Authorization: Bearer eyJfixture.access-2"},
	{"openai/api_key", typed{"key": "sk-planted-4711"}, "https://api.openai.com", "Authorization: Bearer sk-planted-4711", ""},
	{"anthropic/api_key", typed{"key": "sk-ant-planted-4711"}, "https://api.anthropic.com", "X-Api-Key: sk-ant-planted-4711", ""},
	{"discord/oauth", nil, "https://discord.com/api/v10", "Authorization: Bearer fixtureAccess", "Authorization: Bearer fixtureAccess2"},
	{"discord/bot_token", typed{"key": "planted.47.11"}, "https://discord.com/api/v10", "Authorization: Bot planted.47.11", ""},
	{"twilio/api_key", typed{"username": "SK0123456789abcdef0123456789abcdef", "password": "planted-4711", "account_sid": accountSID}, "https://api.twilio.com", "Authorization: Basic U0swMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjpwbGFudGVkLTQ3MTE=", ""},
	{"twilio/auth_token", typed{"username": accountSID, "password": "planted-4711"}, "https://api.twilio.com", "Authorization: Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjpwbGFudGVkLTQ3MTE=", ""},
	{"sendgrid/api_key", typed{"key": "SG.planted.4711"}, "https://api.sendgrid.com", "Authorization: Bearer SG.planted.4711", ""},
	{"snowflake/oauth", typed{"account": "myorg-myaccount.snowflakecomputing.com"}, "https://myorg-myaccount.snowflakecomputing.com", "Authorization: Bearer ver:1-hint:1-fixture-access", "Authorization: Bearer ver:1-hint:1-fixture-access-2"},
	{"snowflake/key_pair", keyPair(), "https://myorg-myaccount.snowflakecomputing.com", "Authorization: Bearer eyJ…", "Authorization: Bearer eyJ…"},
	{"aws/access_key", typed{"region": "eu-central-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "planted4711/planted4711/planted4711/4711"}, "https://sts.eu-central-1.amazonaws.com", "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261121/eu-central-1/sts/aws4_request, …", ""},
}

const cloudID = "11223344-a1b2-3b33-c444-def123456789"

// onTheWay is what apps are asked while somebody connects, beside the token and
// who it is, by address.
var onTheWay = map[string]string{
	"https://api.atlassian.com/oauth/token/accessible-resources": `[{"id": "` + cloudID + `", "name": "fixture"}]`,
	"https://fixture.atlassian.net/_edge/tenant_info":            `{"cloudId": "` + cloudID + `"}`,
	"https://api.xero.com/connections":                           `[{"tenantId": "b2c885a9-4bb9-4a00-9b6e-6c2bf60b1a2b", "tenantName": "Analytical Engines"}]`,
	"https://github.com/login/oauth/access_token":                `{"access_token": "ghu_visitor"}`,
	"https://api.github.com/user/installations?per_page=100":     `{"installations": [{"id": 49234871}]}`,
}

// back is what the provider adds to its callback.
func back(method string, q url.Values) {
	switch method {
	case "quickbooks/oauth":
		q.Set("realmId", "310687")
	case "github/app_installation":
		q.Set("installation_id", "49234871")
		q.Set("setup_action", "install")
	case "shopify/oauth":
		q.Set("shop", "my-store.myshopify.com")
		signLikeShopify(q)
	}
}

// signLikeShopify signs a callback with the client's secret.
func signLikeShopify(q url.Values) {
	parts := []string{}
	for k := range q {
		parts = append(parts, k+"="+q.Get(k))
	}
	slices.Sort(parts)
	mac := hmac.New(sha256.New, []byte(clientSecret))
	mac.Write([]byte(strings.Join(parts, "&")))
	q.Set("hmac", hex.EncodeToString(mac.Sum(nil)))
}

func serviceAccount() typed {
	b, _ := json.Marshal(map[string]string{"private_key": sharedKey(), "private_key_id": "key-1", "client_email": "robot@fixture.iam.gserviceaccount.com"}) // strings always marshal
	return typed{"key_json": string(b), "subject": "ada@example.com"}
}

func keyPair() typed {
	return typed{
		"account": "myorg-myaccount.snowflakecomputing.com", "identifier": "MYORG-MYACCOUNT", "user": "ADA", "fingerprint": "SHA256:" + strings.Repeat("a", 43) + "=", "private_key": sharedKey(),
	}
}

// Each way into each of these apps is told, and each story is of one that there is.
func TestStoriesAreComplete(t *testing.T) {
	t.Parallel()
	shipped, err := catalog.Load(baseURL, "")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	apps := map[string]bool{}
	for _, s := range stories {
		slug, _, _ := strings.Cut(s.method, "/")
		told[s.method], apps[slug] = true, true
	}
	if len(apps) != 29 {
		t.Errorf("%d apps, want 29", len(apps))
	}
	there := map[string]bool{}
	for slug := range apps {
		app, err := shipped.Get(slug)
		if err != nil {
			t.Fatal(err)
		}
		for i := range app.Auth {
			there[slug+"/"+app.Auth[i].ID] = true
		}
	}
	if !maps.Equal(told, there) {
		t.Errorf("told: %v\nthere are: %v", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(there)))
	}
}
