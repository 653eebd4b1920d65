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
// where LF is one byte of value 10 and the file name, as UTF-8, is empty without "download". The
// name comes last and all else has an alphabet without LF, so that two different grants never give
// the same text. Parameters may come in any order, each once, and there are no others.
// docs/media-urls.md has the same for backends, with examples in other languages.
//
// Secrets are an operator's, who shares them with backends of apps (ParseKey), or those that
// gateways draw by themselves, share and replace (Ring).
package mediaurl
