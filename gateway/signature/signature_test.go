package signature_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/signature"
)

// The example of the Standard Webhooks libraries' own tests.
func TestSign(t *testing.T) {
	secret, err := signature.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.NoError(t, err)
	other, err := signature.ParseSecret("another secret of ours")
	require.NoError(t, err)
	const id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	header := http.Header{}
	signature.Sign(header, id, time.Unix(1614265330, 0), []byte(body), secret)
	assert.Equal(t, http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {"1614265330"}, "Webhook-Signature": {want}}, header)

	signature.Sign(header, id, time.Unix(1614265330, 0), []byte(body), other, secret)
	both := strings.Fields(header.Get("Webhook-Signature"))
	require.Len(t, both, 2)
	assert.Equal(t, want, both[1])
	assert.NotEqual(t, want, both[0])
}

func TestParseSecret(t *testing.T) {
	for text, want := range map[string]string{
		"sixteen bytes...":                 "sixteen bytes...",
		"whsec_c2l4dGVlbiBieXRlcy4uLg==":   "sixteen bytes...",
		"fifteen bytes..":                  "",
		"":                                 "",
		"whsec_c2hvcnQ=":                   "",
		"whsec_this is no Base64, clearly": "",
	} {
		secret, err := signature.ParseSecret(text)
		assert.Equal(t, want, string(secret), text)
		assert.Equal(t, want == "", err != nil, text)
		if err != nil && text != "" {
			assert.NotContains(t, err.Error(), strings.TrimPrefix(text, "whsec_"))
		}
	}
}

func TestRedactedURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://user:word@hook.example.org:8443/path?key=1#x": "https://hook.example.org:8443",
		"http://10.0.0.7":      "http://10.0.0.7",
		"hook.example.org/key": "***",
		"https://a b/key":      "***",
		"":                     "***",
	} {
		assert.Equal(t, want, signature.RedactedURL(url), url)
	}
}
