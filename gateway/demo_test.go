package gateway_test

import (
	"net/url"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/session"
)

func TestDemoSetup(t *testing.T) {
	apps := func(lines ...string) *gateway.Apps {
		a := &gateway.Apps{}
		for i := 0; i < len(lines); i += 2 {
			require.NoError(t, a.Add(lines[i], lines[i+1]))
		}
		return a
	}
	for name, c := range map[string]struct {
		authorizer session.Authorizer
		origin     string
		want       string
	}{
		"development":           {gateway.Development{}, goodOrigin, `{"anyApp":true,"token":"never","originAllowed":true,"docs":false}`},
		"one app":               {apps(openApp, ""), goodOrigin, `{"app":"` + openApp + `","anyApp":false,"token":"never","originAllowed":true,"docs":false}`},
		"one with a token":      {apps(appA, certificateA), badOrigin, `{"app":"` + appA + `","anyApp":false,"token":"always","originAllowed":false,"docs":false}`},
		"two, one with a token": {apps(appA, certificateA, openApp, ""), goodOrigin, `{"anyApp":false,"token":"perApp","originAllowed":true,"docs":false}`},
		"one that says nothing": {struct{ session.Authorizer }{gateway.Development{}}, goodOrigin, `{"anyApp":false,"token":"unknown","originAllowed":true,"docs":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, nil, func(g *gateway.Config) {
				g.Demo = fstest.MapFS{"index.html": {Data: []byte("demo")}}
				g.Authorizer = c.authorizer
				g.AllowOrigin = func(origin string) bool { return origin == goodOrigin }
			})
			response, body := h.get("GET", "/demo.json?origin="+url.QueryEscape(c.origin))
			assert.Equal(t, 200, response.StatusCode)
			assert.JSONEq(t, c.want, body)
		})
	}
}

func TestDemoCanBeLeftOut(t *testing.T) {
	h := newHouse(t, nil)
	for _, path := range []string{"/", "/demo.json"} {
		response, _ := h.get("GET", path)
		assert.Equal(t, 404, response.StatusCode, path)
	}
}
