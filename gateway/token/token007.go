package token

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"io"
	"strings"
)

// maxInflated bounds what a 007 token unpacks to, in bytes; a small one could unpack to
// very much.
const maxInflated = 16 << 10

const (
	serviceRTM = 2

	loginRTM = 1 // privilege
)

// fields skips what follows the privileges of a service, by the service's type. A service has
// no length before it, so one of another type ends the reading. Builders of today sort
// services by type; older ones have them in any order.
var fields = map[uint16]func(*reader){
	1:  func(r *reader) { r.text(); r.text() },          // RTC: channel, user id
	3:  func(r *reader) { r.text(); r.text() },          // streaming: channel, account
	4:  func(*reader) {},                                // FPA
	5:  func(r *reader) { r.text() },                    // chat: user id
	6:  func(r *reader) { r.text(); r.text() },          // FCDN: channel, account
	7:  func(r *reader) { r.text(); r.text(); r.u16() }, // aPaaS: room, user, role
	8:  func(r *reader) { r.text(); r.permissions() },   // RTM 2: user id
	9:  func(*reader) {},                                // conversational AI
	10: func(*reader) {},                                // speech to text
}

// token007 is an AccessToken2: zlib of a signature and the signed info.
type token007 struct {
	sig    string
	info   string // what is signed
	appID  string
	issued uint32
	expire uint32 // seconds from issued
	salt   uint32
	rtm    []serviceOfRTM
	rest   bool // it has services after one that can't be skipped
}

type serviceOfRTM struct {
	uid      string
	login    uint32 // seconds from issued; 0: no end of its own
	mayLogin bool
}

var malformed = refuse(Invalid, "the token is cut off or not one")

func parse007(body string) (parsed, error) {
	raw, err := inflate(body)
	if err != nil {
		return nil, malformed
	}
	r := &reader{data: raw}
	t := &token007{sig: r.text()}
	t.info = r.data
	t.appID = r.text()
	t.issued, t.expire, t.salt = r.u32(), r.u32(), r.u32()
	for n := r.u16(); n > 0 && !r.failed && !t.rest; n-- {
		t.readService(r)
	}
	if r.failed || len(t.sig) != signatureLength || len(t.appID) != appIDLength {
		return nil, malformed
	}
	return t, nil
}

func (t *token007) readService(r *reader) {
	kind := r.u16()
	skip, known := fields[kind]
	if kind != serviceRTM && !known {
		t.rest = true
		return
	}
	login, mayLogin := r.right(loginRTM)
	if kind != serviceRTM {
		skip(r)
		return
	}
	t.rtm = append(t.rtm, serviceOfRTM{uid: r.text(), login: login, mayLogin: mayLogin})
}

func inflate(body string) (string, error) {
	z, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(body)))
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	if err != nil || len(raw) > maxInflated {
		return "", malformed
	}
	return string(raw), nil
}

func (t *token007) app() string       { return t.appID }
func (t *token007) signature() []byte { return []byte(t.sig) }
func (t *token007) names(string) error {
	return nil // known once the signature is
}

func (t *token007) sign(certificate, _ string) []byte {
	return sign007(certificate, t.issued, t.salt, t.info)
}

func sign007(certificate string, issued, salt uint32, info string) []byte {
	key := mac(u32(issued), certificate) // in this order
	return mac(string(mac(u32(salt), string(key))), info)
}

func (t *token007) login(uid string, now int64) (int64, error) {
	service, err := t.service(uid)
	if err != nil {
		return 0, err
	}
	issued := int64(t.issued)
	if issued > now+int64(maxSkew.Seconds()) {
		return 0, refuse(Invalid, "the token was issued in the future: compare the clocks of token server and gateway")
	}
	var own int64
	if service.login != 0 {
		own = issued + int64(service.login)
	}
	return earlier(issued+min(int64(t.expire), int64(MaxValidity.Seconds())), own, now)
}

// service is the one that lets uid log in. An empty user id is no wildcard.
func (t *token007) service(uid string) (*serviceOfRTM, error) {
	err := refuse(NoService, "the token is for other services than RTM, or for no user")
	if t.rest {
		err = refuse(NoService, "the token has a service that the gateway does not know, and RTM not before it: add RTM first, or let the builder sort")
	}
	for i, s := range t.rtm {
		switch {
		case !s.mayLogin || s.uid == "":
		case s.uid == uid:
			return &t.rtm[i], nil
		default:
			err = refuse(WrongUser, "the token is for another uid")
		}
	}
	return nil, err
}

func mint007(g Grant, salt uint32) (string, error) {
	issued, validity := uint32(g.Issued.Unix()), uint32(g.Validity.Seconds())
	info := text(g.App) + u32(issued) + u32(validity) + u32(salt) +
		u16(1) + u16(serviceRTM) + right(loginRTM, validity) + text(g.UID)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := io.WriteString(z, text(string(sign007(g.Certificate, issued, salt, info)))+info); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return "007" + base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}
