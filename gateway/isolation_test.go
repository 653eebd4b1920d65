package gateway_test

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/media"
)

// Two apps on one gateway whose users and channels have the same names: no request of one
// shows, reaches or changes what is the other's. A kind of request that is missing here
// fails the test.
func TestAppsAreApart(t *testing.T) {
	h := newHouse(t, nil)
	adaA, bobA := h.loginTo(appA, "ada"), h.loginTo(appA, "bob")
	bobA.join("hall")
	adaA.join("hall")
	require.True(t, bobA.change().Joined)
	require.NotNil(t, bobA.ask(&wire.ClientFrame{Write: &wire.AttributeWrite{Op: set, Attribute: attributes("mood", "secret")}}).Done)
	require.NotNil(t, bobA.ask(&wire.ClientFrame{Write: &wire.AttributeWrite{Op: set, Channel: "hall", Notify: true, Attribute: attributes("topic", "secret")}}).Done)
	for bobA.next().Attributes == nil { // of the channel
	}
	for adaA.next().Attributes == nil {
	}
	stored := putFile(t, h, bobA, "secret of app A")

	eve := h.loginTo(appB, "eve")
	seen := map[string]bool{}
	ask := func(kind string, f *wire.ClientFrame) *wire.ServerFrame {
		t.Helper()
		require.False(t, reflect.ValueOf(f).Elem().FieldByName(kind).IsNil())
		seen[kind] = true
		answer := eve.ask(f)
		shown, err := answer.MarshalVT()
		require.NoError(t, err)
		assert.NotContains(t, string(shown), "secret", kind)
		return answer
	}
	assert.EqualValues(t, 1, ask("Join", &wire.ClientFrame{Join: &wire.Join{Channel: "hall", SinceMs: 1}}).Joined.GetMemberCount())
	assert.False(t, ask("Send", toPeer("bob", "psst")).Sent.GetReceived(), "to a user of that name")
	assert.NotNil(t, ask("Send", toChannel("hall", "psst")).Sent)
	assert.Equal(t, []string{"eve"}, ask("Members", &wire.ClientFrame{Members: &wire.Members{Channel: "hall"}}).MemberList.GetUid())
	assert.EqualValues(t, 1, ask("Counts", &wire.ClientFrame{Counts: &wire.Counts{Channel: []string{"hall"}}}).Counts.GetCount()[0])
	for _, mode := range []wire.PresenceRequest_Mode{wire.PresenceRequest_QUERY, wire.PresenceRequest_SUBSCRIBE} {
		for _, p := range ask("Presence", &wire.ClientFrame{Presence: &wire.PresenceRequest{Mode: mode, Uid: []string{"bob"}}}).Presence.GetPresence() {
			assert.Equal(t, wire.Presence_OFFLINE, p.State, "of a user of that name")
		}
	}
	assert.Empty(t, ask("Read", &wire.ClientFrame{Read: &wire.AttributeRead{Uid: "bob"}}).Attributes.GetAttribute())
	assert.Empty(t, ask("Read", &wire.ClientFrame{Read: &wire.AttributeRead{Channel: "hall"}}).Attributes.GetAttribute())
	ask("Write", &wire.ClientFrame{Write: &wire.AttributeWrite{Op: set, Channel: "hall", Notify: true, Attribute: attributes("topic", "of app B")}})
	ask("Invitation", &wire.ClientFrame{Invitation: &wire.Invitation{Kind: wire.Invitation_OFFER, Peer: "bob", CallId: "c1"}})
	assert.Equal(t, wire.Refusal_NOT_FOUND, ask("MediaUrl", &wire.ClientFrame{MediaUrl: &wire.GetMediaUrl{MediaId: mediaIDOf(stored, 15)}}).Refusal.GetReason())
	ask("Renew", &wire.ClientFrame{Renew: &wire.Renew{Token: "x"}})
	for path, want := range map[string]int{stored: 404, "/media/" + strings.Repeat("0", 64): 404} {
		response, _ := h.get("GET", path, "Authorization", "Bearer "+eve.welcome.Credential)
		assert.Equal(t, want, response.StatusCode)
	}

	eve.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "hall"}})
	eve.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	for _, kind := range []string{"Leave", "Bye", "Hello", "Ack", "Pong"} { // these show nothing; of Hello see below
		seen[kind] = true
	}
	frame := reflect.TypeOf(wire.ClientFrame{})
	for i := range frame.NumField() {
		if f := frame.Field(i); f.Type.Kind() == reflect.Pointer {
			assert.True(t, seen[f.Name], "%s: what does it show of other apps?", f.Name)
		}
	}
	bobA.nothingPushed()
	adaA.nothingPushed()
	assert.ElementsMatch(t, []string{"ada", "bob"}, adaA.members("hall"))
	topic := adaA.ask(&wire.ClientFrame{Read: &wire.AttributeRead{Channel: "hall"}}).Attributes.GetAttribute()
	require.Len(t, topic, 1)
	assert.Equal(t, "secret", topic[0].Value)

	// A login of the same name elsewhere, and one that shows another app's credential.
	h.loginTo(appB, "bob")
	thief := hello(appB, "bob")
	thief.Reconnect, thief.Resume = true, &wire.Resume{SessionId: bobA.welcome.SessionId, Credential: bobA.welcome.Credential}
	_, answer := h.knock(thief)
	assert.Equal(t, wire.Refusal_DISPLACED, answer.Refusal.GetReason())
	bobA.nothingPushed()
}

// A credential is its session's: good for its app and user, and void from the moment when
// the client logs out or the user logs in elsewhere.
func TestCredentialsEndWithTheirSession(t *testing.T) {
	h := newHouse(t, nil)
	open := func(c *client) (media.Principal, error) {
		return h.server.Authenticate(context.Background(), c.welcome.Credential)
	}
	ada := h.login("ada")
	who, err := open(ada)
	require.NoError(t, err)
	assert.Equal(t, media.Principal{App: appA, UID: "ada", SessionID: ada.welcome.SessionId}, who)
	for _, forged := range []string{
		strings.Replace(ada.welcome.Credential, appA, appB, 1),
		strings.Replace(ada.welcome.Credential, ".YWRh.", ".Ym9i.", 1), // bob
		ada.welcome.Credential + "x",
	} {
		require.NotEqual(t, ada.welcome.Credential, forged)
		_, err := h.server.Authenticate(context.Background(), forged)
		assert.ErrorIs(t, err, media.ErrUnauthorized, forged)
	}

	again := h.login("ada") // elsewhere: her old credential is void before she is in
	_, err = open(ada)
	assert.ErrorIs(t, err, media.ErrUnauthorized, "at a login elsewhere")
	assert.Equal(t, wire.CloseRemoteLogin, ada.closeCode())
	_, err = open(again)
	require.NoError(t, err)

	path := putFile(t, h, again, "mine")
	again.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	require.Equal(t, wire.CloseBye, again.closeCode())
	_, err = open(again)
	assert.ErrorIs(t, err, media.ErrUnauthorized, "at logout, before the client is told")
	response, _ := h.get("GET", path, "Authorization", "Bearer "+again.welcome.Credential)
	assert.Equal(t, 401, response.StatusCode)
}

// mediaIDOf is the id that messages carry for the file at path.
func mediaIDOf(path string, size int) string {
	return "0" + strings.TrimPrefix(path, media.BasePath) + "1z1z" + strconv.Itoa(size)
}

// putFile uploads content and returns its path.
func putFile(t *testing.T, h *house, c *client, content string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/media/", strings.NewReader(content))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Authorization": "Bearer " + c.welcome.Credential, "Tus-Resumable": "1.0.0",
		"Upload-Length": strconv.Itoa(len(content)), "Content-Type": "application/offset+octet-stream",
	} {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusCreated, response.StatusCode)
	return response.Header.Get("Location")
}
