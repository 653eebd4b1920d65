package token

import (
	"encoding/base64"
	"hash/crc32"
)

// loginRTM006 is the privilege to log in to RTM. Its value is when it expires, in Unix seconds.
const loginRTM006 = 1000

// token006 is an AccessToken. RTM has its user id in the field that calls use for the channel.
// The token contains only a checksum of it.
type token006 struct {
	appID      string
	sig        string
	channelCRC uint32
	userCRC    uint32 // checksum of the user id of a call; 0 for RTM, which has an empty one
	message    string // signed together with app id and user id
	ts         uint32 // Unix seconds: 24 h after it was minted
	end        uint32 // when the right to log in expires, Unix seconds; 0: together with the token
	mayLogin   bool
}

func parse006(body string) (parsed, error) {
	if len(body) < appIDLength {
		return nil, malformed
	}
	raw, err := base64.StdEncoding.DecodeString(body[appIDLength:])
	if err != nil {
		return nil, malformed
	}
	r := &reader{data: string(raw)}
	t := &token006{appID: body[:appIDLength], sig: r.text(), channelCRC: r.u32(), userCRC: r.u32()}
	t.message = r.text()
	m := &reader{data: t.message}
	m.u32() // salt
	t.ts = m.u32()
	t.end, t.mayLogin = m.right(loginRTM006)
	if r.failed || m.failed || len(t.sig) != signatureLength {
		return nil, malformed
	}
	return t, nil
}

func (t *token006) app() string       { return t.appID }
func (t *token006) signature() []byte { return []byte(t.sig) }

func (t *token006) names(uid string) error {
	if t.userCRC != 0 {
		return refuse(NoService, "the token is for other services than RTM")
	}
	if t.channelCRC != crc32.ChecksumIEEE([]byte(uid)) {
		return refuse(WrongUser, "the token is for another uid")
	}
	return nil
}

func (t *token006) sign(certificate, uid string) []byte {
	return mac(certificate, t.appID, uid, t.message)
}

func (t *token006) login(_ string, now int64) (int64, error) {
	if !t.mayLogin {
		return 0, refuse(NoService, "the token is for other services than RTM")
	}
	return earlier(int64(t.ts), int64(t.end), now)
}

func mint006(g Grant, salt uint32) (string, error) {
	end := g.Issued.Add(g.Validity).Unix()
	message := u32(salt) + u32(uint32(g.Issued.Add(MaxValidity).Unix())) + right(loginRTM006, uint32(end))
	body := text(string(mac(g.Certificate, g.App, g.UID, message))) +
		u32(crc32.ChecksumIEEE([]byte(g.UID))) + u32(0) + text(message)
	return "006" + g.App + base64.StdEncoding.EncodeToString([]byte(body)), nil
}
