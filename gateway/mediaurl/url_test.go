package mediaurl_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/mediaurl"
)

var (
	app   = "0123456789abcdef0123456789abcdef"
	file  = strings.Repeat("0123456789abcdef", 4)
	key   = mediaurl.Key{ID: "backend", Secret: []byte("0123456789abcdefghijklmnopqrstuv")}
	grant = mediaurl.Grant{App: app, Key: file, Expires: time.Unix(1800000000, 0)}
)

func parse(t *testing.T, u string) (mediaurl.Signed, bool) {
	t.Helper()
	path, query, ok := strings.Cut(u, "?")
	require.True(t, ok)
	require.True(t, mediaurl.LooksSigned(query))
	return mediaurl.Parse(path, query)
}

// The vectors are what docs/media.md shows, and what others who mint URLs may test with.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var vectors []struct {
		App, Media, Download, Kid, Secret, URL string
		Exp                                    int64
	}
	require.NoError(t, json.Unmarshal(text, &vectors))
	for _, v := range vectors {
		k, err := mediaurl.ParseKey(v.Kid + ":" + v.Secret)
		require.NoError(t, err)
		want := mediaurl.Grant{App: v.App, Key: v.Media[1:65], Expires: time.Unix(v.Exp, 0), Download: v.Download}
		require.NoError(t, want.Check())
		assert.Equal(t, v.URL, want.Sign(k))
		got, ok := parse(t, v.URL)
		assert.True(t, ok)
		assert.Equal(t, want, got.Grant)
		assert.True(t, got.SignedBy(k.Secret))
	}
}

func TestNamesSurvive(t *testing.T) {
	for _, name := range []string{"a.png", `"; filename=evil.exe`, "a\r\nSet-Cookie: x", "../../etc/passwd", `c:\x`, "Straße 北京 😀.jpg", "100% + &=?#;.txt", " ", "\x00", strings.Repeat("x", 255)} {
		g := grant
		g.Download = name
		require.NoError(t, g.Check(), "%q", name)
		got, ok := parse(t, g.Sign(key))
		require.True(t, ok, "%q", name)
		assert.Equal(t, g, got.Grant)
		assert.True(t, got.SignedBy(key.Secret))
	}
}

// A name with line ends cannot pass for other fields.
func TestGrantsAreApart(t *testing.T) {
	seen := map[string]string{}
	for _, change := range []func(*mediaurl.Grant){
		func(*mediaurl.Grant) {},
		func(g *mediaurl.Grant) { g.App = strings.ToUpper(app) },
		func(g *mediaurl.Grant) { g.Key = strings.Repeat("f", 64) },
		func(g *mediaurl.Grant) { g.Expires = g.Expires.Add(time.Second) },
		func(g *mediaurl.Grant) { g.Download = "a" },
		func(g *mediaurl.Grant) { g.Download = "A" },
		func(g *mediaurl.Grant) { g.Download = "\n" },
		func(g *mediaurl.Grant) { g.Download = "\n1800000000\na" },
	} {
		g := grant
		change(&g)
		u := g.Sign(key)
		_, sig, _ := strings.Cut(u, "sig=")
		assert.Empty(t, seen[sig])
		seen[sig] = u
	}
}

func TestParseRefuses(t *testing.T) {
	good := grant.Sign(key)
	_, ok := parse(t, good)
	require.True(t, ok)
	_, query, _ := strings.Cut(good, "?")
	sig := url.Values{}
	sig, err := url.ParseQuery(query)
	require.NoError(t, err)
	for name, u := range map[string]string{
		"no query":               "/media/" + file + "?sig=",
		"an unknown parameter":   good + "&x=1",
		"a parameter twice":      good + "&exp=1800000000",
		"an app twice":           good + "&app=" + app,
		"an empty download":      good + "&download=",
		"a download twice":       good + "&download=a&download=a",
		"no text":                good + "&download=%ff",
		"a long download":        good + "&download=" + strings.Repeat("x", 256),
		"a semicolon":            good + ";",
		"a bad escape":           good + "&download=%zz",
		"another path":           strings.Replace(good, "/media/", "/sdk/", 1),
		"a longer path":          strings.Replace(good, "?", "/?", 1),
		"a short key":            strings.Replace(good, "/media/0", "/media/", 1),
		"a key in capitals":      strings.Replace(good, file, strings.ToUpper(file), 1),
		"an app that is none":    strings.Replace(good, app, "x", 1),
		"no expiry":              strings.Replace(good, "exp=1800000000", "exp=", 1),
		"an expiry with a zero":  strings.Replace(good, "exp=", "exp=0", 1),
		"an expiry with a sign":  strings.Replace(good, "exp=", "exp=%2B", 1),
		"an expiry before 1970":  strings.Replace(good, "exp=1800000000", "exp=-1", 1),
		"an expiry far away":     strings.Replace(good, "exp=1800000000", "exp=253402300800", 1),
		"an expiry past int64":   strings.Replace(good, "exp=", "exp=99999999999", 1),
		"a key id that is none":  strings.Replace(good, "kid=backend", "kid=a.b", 1),
		"no key id":              strings.Replace(good, "kid=backend&", "", 1),
		"a padded signature":     good + "%3D",
		"a short signature":      good[:len(good)-1],
		"a signature in base64":  strings.Replace(good, "sig=", "sig=%2B", 1),
		"other unused last bits": strings.Replace(good, sig.Get("sig"), lastBit(sig.Get("sig")), 1),
	} {
		require.NotEqual(t, good, u, name)
		_, ok := parse(t, u)
		assert.False(t, ok, name)
	}
}

// lastBit changes a bit of the last character that stands for nothing.
func lastBit(sig string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, sig[len(sig)-1])
	return sig[:len(sig)-1] + string(alphabet[last^1])
}

func TestParseKey(t *testing.T) {
	secret := strings.Repeat("s:", 16)
	k, err := mediaurl.ParseKey("my-key_1:" + secret)
	require.NoError(t, err)
	assert.Equal(t, mediaurl.Key{ID: "my-key_1", Secret: []byte(secret)}, k)
	for _, text := range []string{"", "x", ":" + secret, "a b:" + secret, strings.Repeat("x", 33) + ":" + secret, "a:short", secret} {
		_, err := mediaurl.ParseKey(text)
		require.Error(t, err, text)
		if text != "" {
			assert.NotContains(t, err.Error(), secret[:8])
			assert.NotContains(t, err.Error(), "short")
		}
	}
}

// What Parse accepts is what Sign makes; only order and escapes may differ.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"", "a.png", "\n", "北京"} {
		g := grant
		g.Download = name
		path, query, _ := strings.Cut(g.Sign(key), "?")
		f.Add(path, query)
	}
	f.Add("/media/", "sig=&app=%zz;kid")
	f.Fuzz(func(t *testing.T, path, query string) {
		s, ok := mediaurl.Parse(path, query)
		if !ok {
			return
		}
		require.NoError(t, s.Check())
		again, ok := parse(t, s.Sign(mediaurl.Key{ID: s.KeyID, Secret: key.Secret}))
		require.True(t, ok)
		require.Equal(t, s.Grant, again.Grant)
		require.Equal(t, s.KeyID, again.KeyID)
		require.True(t, again.SignedBy(key.Secret))
		given, err := url.ParseQuery(query)
		require.NoError(t, err)
		made, err := url.ParseQuery(strings.SplitN(s.Sign(mediaurl.Key{ID: s.KeyID, Secret: key.Secret}), "?", 2)[1])
		require.NoError(t, err)
		delete(given, "sig")
		delete(made, "sig")
		require.Equal(t, made, given)
	})
}
