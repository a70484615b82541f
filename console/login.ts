import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, type Credentials, login } from './api.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';

/** Name and password, or the operator's admin token, for a session cookie. Neither is kept in the page. */
export function Login({ onLogin }: { onLogin: () => void }): VNode {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const [byToken, setByToken] = useState(false);
  const [asksCode, setAsksCode] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    setBusy(true);
    try {
      await login(credentialsOf(form));
      onLogin();
    } catch (error) {
      if (error instanceof ApiError && error.kind === 'code') {
        setAsksCode(true);
        setProblem('');
        return;
      }
      setProblem(loginProblem(error, byToken));
      form.querySelector<HTMLInputElement>('[type=password]')?.focus();
    } finally {
      setBusy(false);
    }
  };
  const change = (): void => {
    setByToken(!byToken);
    setProblem('');
  };
  return html`<main class="login">
    <form onSubmit=${submit} class="card">
      <h1><${Icon} name="bell" /> Bellwether</h1>
      <p>Network monitoring for schools.</p>
      ${byToken ? html`<${TokenField} wrong=${problem !== ''} />` : html`<${NameFields} wrong=${problem !== ''} />${asksCode && html`<${CodeField} />`}`}
      <p class="error-text" role="alert">${problem}</p>
      <button type="submit" disabled=${busy}>Log in</button>
      <button type="button" class="link" onClick=${change}>${byToken ? 'With name and password' : 'With the admin token'}</button>
    </form>
  </main>`;
}

function NameFields({ wrong }: { wrong: boolean }): VNode {
  return html`<label for="login">Name</label>
    <input id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck=${false} required autofocus />
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required
      aria-invalid=${wrong ? 'true' : 'false'} />`;
}

function CodeField(): VNode {
  return html`<label for="code">Code</label>
    <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9" required autofocus aria-describedby="code-hint" />
    <p id="code-hint" class="muted">Six digits, from your authenticator app.</p>`;
}

function TokenField({ wrong }: { wrong: boolean }): VNode {
  return html`<input type="text" name="username" value="admin" autocomplete="username" hidden />
    <label for="token">Admin token</label>
    <input id="token" name="token" type="password" autocomplete="current-password" required autofocus
      aria-describedby="token-hint" aria-invalid=${wrong ? 'true' : 'false'} />
    <p id="token-hint" class="muted">The collector printed it once, at its first start.</p>`;
}

function credentialsOf(form: HTMLFormElement): Credentials {
  const data = new FormData(form);
  const text = (name: string): string => String(data.get(name) ?? '');
  if (data.has('token')) return { token: text('token').trim() };
  const named = { login: text('login').trim(), password: text('password') };
  return data.has('code') ? { ...named, code: text('code').trim() } : named;
}

function loginProblem(error: unknown, byToken: boolean): string {
  if (!(error instanceof ApiError)) throw error;
  if (error.kind === 'login') return byToken ? 'This token is not valid.' : 'These are not valid together.';
  if (error.kind === 'contact') return 'The collector does not answer. Try again in a moment.';
  return error.message;
}
