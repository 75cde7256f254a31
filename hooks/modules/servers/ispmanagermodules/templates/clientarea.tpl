{* The customer's page of one module: what it is, whether it works, and what they can do. *}
<div class="panel panel-default card mb-3">
  <div class="panel-heading card-header"><h3 class="panel-title card-title m-0">{$ispmanager_texts.title|escape:'html'}</h3></div>
  <div class="panel-body card-body">
    {if $ispmanager.notice}
      <div class="alert alert-{if $ispmanager.notice.is_good}success{else}danger{/if}">{$ispmanager.notice.text|escape:'html'}</div>
    {/if}
    <table class="table">
      <tr><th>{$ispmanager_texts.module|escape:'html'}</th><td>{$ispmanager.module|escape:'html'}</td></tr>
      {if $ispmanager.licence}<tr><th>{$ispmanager_texts.licence|escape:'html'}</th><td>{$ispmanager.licence|escape:'html'}</td></tr>{/if}
      {if $ispmanager.ip}<tr><th>{$ispmanager_texts.ip|escape:'html'}</th><td>{$ispmanager.ip|escape:'html'}</td></tr>{/if}
      {if $ispmanager.paid_until}<tr><th>{$ispmanager_texts.paid_until|escape:'html'}</th><td>{$ispmanager.paid_until|escape:'html'}</td></tr>{/if}
      <tr><th>{$ispmanager_texts.state|escape:'html'}</th><td>{$ispmanager.state_text|escape:'html'}</td></tr>
    </table>
    {if $ispmanager.can_choose}
      <form method="post">
        <h4>{$ispmanager_texts.choose|escape:'html'}</h4>
        <p>{$ispmanager_texts.choose_help|escape:'html'}</p>
        {if isset($token)}<input type="hidden" name="token" value="{$token|escape:'html'}">{/if}
        <input type="hidden" name="ispmanager_form" value="{$ispmanager.form_key|escape:'html'}">
        <input class="form-control" name="ispmanager_licence" inputmode="numeric" pattern="[1-9][0-9]{literal}{0,9}{/literal}" maxlength="10" required list="ispmanager-licences" value="{$ispmanager.licence|escape:'html'}">
        {if $ispmanager.licences}
          <p>{$ispmanager_texts.choose_own|escape:'html'}
            {foreach $ispmanager.licences as $found}<strong>{$found.id|escape:'html'}</strong> ({$found.ip|escape:'html'}){if !$found@last}, {/if}{/foreach}
          </p>
          <datalist id="ispmanager-licences">
            {foreach $ispmanager.licences as $found}<option value="{$found.id|escape:'html'}">{$found.ip|escape:'html'}</option>{/foreach}
          </datalist>
        {/if}
        <button type="submit" class="btn btn-primary">{$ispmanager_texts.save|escape:'html'}</button>
      </form>
    {/if}
    {if $ispmanager.state eq 'active'}
      <h4>{$ispmanager_texts.refresh|escape:'html'}</h4>
      <p>{$ispmanager_texts.refresh_panel|escape:'html'}</p>
      <p>{$ispmanager_texts.refresh_command|escape:'html'} <code>{$ispmanager.command|escape:'html'}</code></p>
    {/if}
  </div>
</div>
