import { describe, expect, it } from 'vitest';
import { RULES, type RuleName } from '../../lib/redact/rules.ts';
import { cardOf, identityOf, otherCheck, redactor } from './samples.ts';

const ID = identityOf('11010519491231002');
const SMALL_X = identityOf('44030819990110003').replace('X', 'x');
const CARD = cardOf('622202123456789');
const LONG_CARD = cardOf('622848012345678901');
const AMEX = cardOf('37828224631000');
const inFours = (digits: string, sign = ' ') => digits.replace(/\d{4}(?=\d)/g, `$&${sign}`);
const KEY = 'a1B2'.repeat(12);
const PEM = ['-----BEGIN RSA PRIVATE KEY-----', 'MIIBOgIBAAJB', 'AKj34GkxFhD9', '-----END RSA PRIVATE KEY-----'];
const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0In0', 'dBjftJeZ4CVP_mB92K27uhbUJU1p1r-wW1g'].join('.');

/** The text with what has to go between « and », and no such sign where nothing has to. */
const CASES: Readonly<Record<RuleName, readonly string[]>> = {
  mobile: [
    '«13800138000»',
    '我的手机号是«13800138000»，请回电',
    '手机«13800138000»微信同号',
    '«+8613800138000», «+86 138 0013 8000», «86-13800138000», «008613800138000»',
    '«138 0013 8000» or «139-0013-8000»',
    'tel:«13800138000» tel«13800138000» phone«13800138000» «13800138000»QQ',
    '{"phone":"«13800138000»"}',
    String.raw`\n«13800138000»\n`,
    String.raw`\\n«13800138000»`,
    String.raw`\u4e00«13800138000»\u4e00`,
    String.raw`\uae13800138000`,
    'q=%3D«13800138000»',
    '«13800138000»,«19912345678»;«16612345678»',
    '12800138000',
    '1380013800',
    '138001380001',
    '1795244400000',
    '1795244400000000',
    '1795244400000000000',
    '2024112113800138000',
    '4bf92f3577b34da6a3ce913800138000',
    'a13800138000b',
    '7f3c13912345678ab9',
    '550e8400-e29b-41d4-a716-138001380001',
    '0.13912345678',
    '１３８００１３８０００',
  ],
  'id-card': [
    `«${ID}»`,
    `身份证«${ID}»，已核验`,
    `«${SMALL_X}»`,
    `\\t«${ID}»\\n`,
    otherCheck(ID),
    identityOf('11010519490230002'),
    identityOf('11010518491231002'),
    identityOf('11010519491331002'),
    identityOf('01010519491231002'),
    `1${ID}`,
    `${ID}0`,
    '110105491231002',
    '179524440000000000',
  ],
  'bank-card': [
    `«${CARD}»`,
    `卡号«${CARD}»。`,
    `«${LONG_CARD}»`,
    `«${inFours(CARD)}»`,
    `«${inFours(CARD, '-')}»`,
    `«${inFours(LONG_CARD)}»`,
    `«${AMEX}»`,
    `«${AMEX.replace(/^(\d{4})(\d{6})/, '$1 $2 ')}»`,
    `«${inFours(CARD)}» 12期`,
    `3500 «${inFours(CARD)}»`,
    otherCheck(CARD),
    inFours(otherCheck(CARD)),
    inFours(CARD, '  '),
    `1${CARD}`,
    cardOf('122202123456789'),
    cardOf('62220212345678'.slice(0, 12)),
    '1795244400000000',
    '1795244400000000000',
    '4bf92f3577b34da6a3ce929d0e0e4736',
  ],
  email: [
    'write to «ann.lee+x@mail.example.com».',
    '邮箱«ann@example.com.cn»谢谢',
    String.raw`\n«ann@example.com»\n`,
    String.raw`\u003c«ann@example.com»\u003e`,
    'mailto:«ann@example.com»?subject=x',
    'q=«ann%40example.com»&x=1',
    '«a@b.cn»,«c@d.cn»',
    '@app.route',
    'ann@localhost',
    'pkg@1.2.3',
    'a @ b.cn',
    'ann＠example.com',
  ],
  ip: [
    'from «10.0.0.1»:8080 and «255.255.255.255»/32',
    '地址«192.168.1.20»。',
    'at «10.0.0.1».',
    String.raw`\u4e00«10.0.0.1»\n`,
    String.raw`\\«10.0.0.1»\share`,
    '«2001:db8:0:0:0:0:0:1» «2001:db8::1» «fe80::1»%eth0 [«::1»]:80 «::ffff:10.0.0.1»',
    'http://[«2001:db8::7»]/',
    '1.2.3.4.5',
    'v1.2.3.4',
    '256.1.1.1',
    '1.2.3',
    '01.2.3.4',
    '2026-11-21T07:00:00.123Z',
    '00:1a:2b:3c:4d:5e',
    'std::max face::add rows[::2] rows[1::2] a::b',
    '1:2:3:4:5:6:7:8:9',
  ],
  'api-key': [
    `key=«sk-${KEY}»;`,
    `"«sk-proj-${KEY}-${KEY}_x»"`,
    `«sk-ant-api03-${KEY}» «sk-lf-${KEY}» «pk-lf-${KEY}» «sk_live_${KEY}»`,
    `«AIza${KEY.slice(0, 35)}» «AKIA${'A1'.repeat(8)}» «ASIA${'A1'.repeat(8)}» «LTAI5t${KEY.slice(0, 18)}»`,
    `«ghp_${KEY.slice(0, 36)}» «github_pat_${KEY}» «xoxb-${KEY}» «hf_${KEY.slice(0, 34)}»`,
    `密钥«sk-${KEY}»泄露`,
    `\\n«sk-${'a1'.repeat(16)}»`,
    `«${JWT}»`,
    `«${'0a'.repeat(16)}.${KEY.slice(0, 16)}»`,
    'sk-estimator-doc-link-title',
    'task-0123456789abcdef0123',
    'sk-short1',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    'AKIAlowercase1234567',
    'eyJhbGciOiJIUzI1NiJ9 alone',
    `${'0a'.repeat(16)}.js`,
  ],
  bearer: [
    'Authorization: «Bearer abcdefgh-12345678»',
    'authorization=«bearer%20abcdefghABCDEFGH»',
    '"«Basic YW5uOnBhc3N3b3Jk»"',
    String.raw`\n«Bearer abcdefgh-12345678=»`,
    'Bearer authentication-scheme',
    'the bearer of internationalization',
    'basic internationalization',
    'Basic characteristics',
    'Bearer short1',
  ],
  'private-key': [
    `a «${PEM.join('\n')}» b`,
    `a «${PEM.join('\\n')}» b`,
    `a «${PEM.slice(0, 2).join('\n')}»`,
    `«${PEM.join('\n').replaceAll('RSA ', '')}»`,
    `«${PEM.join('\n').replaceAll('RSA ', 'OPENSSH ')}» «${PEM.join('\n')}»`,
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    '-----BEGIN PUBLIC KEY-----',
  ],
};

describe.each(RULES)('the rule %s', (rule) => {
  it.each(CASES[rule])('takes what is marked, and no more, in %s', async (marked) => {
    const { text } = await redactor([rule]);
    const plain = marked.replace(/[«»]/g, '');
    expect(text(plain)).toBe(marked.replace(/«[^»]*»/g, `[${rule}]`));
  });
});

describe('all rules together', () => {
  it.each([
    ['Bearer sk-a1b2c3d4e5f6a7b8c9', '[bearer]'],
    ['13800138000@qq.com', '[email]'],
    [`${ID} ${CARD} 13800138000`, '[id-card] [bank-card] [mobile]'],
    ['[mobile] 13800138000', '[mobile] [mobile]'],
  ])('take %s for what it is', async (text, expected) => {
    expect((await redactor()).text(text)).toBe(expected);
  });

  it('leave what a log line says of itself', async () => {
    const line = [
      '2026-11-21T07:00:02.345Z 1795244402 1795244402345 1795244402345678 1795244402345678901',
      'trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7 550e8400-e29b-41d4-a716-446655440000',
      'chatcmpl-9abcDEF0123456789 qwen2.5-72b 1.2.3 v10.20.30.40 0.0000123 12:34:56 req_1234567890',
    ].join('\n');
    expect((await redactor()).text(line)).toBe(line);
  });
});
