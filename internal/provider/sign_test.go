package provider

import (
	"net/url"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// The example of RFC 5849, 3.4.1.1: its base string, with a query that names a
// parameter twice and a form beside it.
func TestOAuth1Base(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
	if err != nil {
		t.Fatal(err)
	}
	got := base("POST", u, url.Values{"c2": {""}, "a3": {"2 q"}}, map[string]string{
		"oauth_consumer_key": "9djdj82h48djs9d2", "oauth_token": "kkk9d7dh3k39sjv7", "oauth_signature_method": "HMAC-SHA1",
		"oauth_timestamp": "137131201", "oauth_nonce": "7d8f3e4a",
	})
	const want = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The signatures of RFC 5849, 1.2: of the request for a token, and of the photo.
func TestOAuth1Signatures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		at   string
		s    signature
		want string
	}{
		"token": {"https://photos.example.net/token", signature{token: "hh5s93j4hdidpola", tokenSecret: "hdhd0244k9j7ao03", timestamp: "137131201", nonce: "walatlh", extra: map[string]string{"oauth_verifier": "hfdp7dh39dks9884"}}, "gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D"},
		"photo": {"http://photos.example.net/photos?file=vacation.jpg&size=original", signature{token: "nnch734d00sl2jdk", tokenSecret: "pfkkdhi9sl3r4s00", timestamp: "137131202", nonce: "chapoH"}, "MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"},
	}
	for name, tt := range tests {
		u, err := url.Parse(tt.at)
		if err != nil {
			t.Fatal(err)
		}
		tt.s.consumer, tt.s.consumerSecret, tt.s.method, tt.s.realm, tt.s.unversioned = "dpf43f3p2l4k3l03", "kd94hf93k423kf44", "HMAC-SHA1", "Photos", true
		method := "POST"
		if name == "photo" {
			method = "GET"
		}
		got, err := tt.s.header(method, u, nil)
		if err != nil || !strings.Contains(got, `oauth_signature="`+tt.want+`"`) || !strings.HasPrefix(got, `OAuth realm="Photos", `) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

// The host says what a request to AWS is signed for.
func TestPlaceOfAWS(t *testing.T) {
	t.Parallel()
	c := &Connection{Auth: &catalog.Auth{SigV4: catalog.SigV4Form{Service: "sts", Region: "eu-central-1", Domain: ".amazonaws.com", Names: map[string]string{"email": "ses"}}}}
	for host, want := range map[string]string{
		"sqs.eu-west-1.amazonaws.com":                "sqs eu-west-1",
		"email.us-east-2.amazonaws.com":              "ses us-east-2",
		"iam.amazonaws.com":                          "iam us-east-1",
		"bucket.s3.eu-central-1.amazonaws.com":       "s3 eu-central-1",
		"s3.dualstack.eu-west-1.amazonaws.com":       "s3 eu-west-1",
		"a1.execute-api.us-gov-west-1.amazonaws.com": "execute-api us-gov-west-1",
		"elsewhere.test":                             "sts eu-central-1",
	} {
		service, region, err := c.place(host, nil)
		if got := service + " " + region; err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", host, got, err, want)
		}
	}
}
