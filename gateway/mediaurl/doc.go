// Package mediaurl makes and checks URLs of media that need no credential. Whoever has one may
// read one file until it expires, so that <img>, <video> and <a download> work:
//
//	/media/<key>?app=<app id>&exp=<Unix seconds>&kid=<key id>&sig=<signature>
//
// With "&download=<file name>" browsers save the file instead of showing it. The signature is
// the unpadded base64url form of the HMAC-SHA256, by the secret whose id is kid, over
//
//	rtm-media-url/1 LF <app id> LF <key> LF <exp> LF <file name>
//
// where LF is one byte of value 10. The file name is in UTF-8, and empty without "download". It
// comes last, and no other part can contain LF: so two different grants never give the same text.
// Parameters may come in any order, each once, and there are no others.
// docs/media-urls.md describes this for backends, with examples in other languages.
//
// There are two kinds of secrets: those of an operator, who shares them with backends of apps (ParseKey),
// and those that gateways create, share and replace by themselves (Ring).
package mediaurl
