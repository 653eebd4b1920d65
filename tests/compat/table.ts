/** The whole table. */
import type { Area } from './row.ts';
import { attributes } from './rows/attributes.ts';
import { channels } from './rows/channels.ts';
import { emitter } from './rows/emitter.ts';
import { invitations } from './rows/invitations.ts';
import { media } from './rows/media.ts';
import { messages } from './rows/messages.ts';
import { module } from './rows/module.ts';
import { presence } from './rows/presence.ts';
import { session } from './rows/session.ts';
import { tokens } from './rows/tokens.ts';

export const areas: Area[] = [module, emitter, session, tokens, messages, channels, media, presence, attributes, invitations];
