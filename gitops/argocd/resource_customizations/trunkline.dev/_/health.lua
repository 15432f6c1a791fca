-- SPDX-License-Identifier: Apache-2.0
-- Health of every kind of trunkline.dev. Their status is in kstatus format: observedGeneration, Ready, Reconciling, Stalled.

local hs = {}

local function condition(name)
  for _, found in ipairs(obj.status.conditions or {}) do
    if found.type == name and found.observedGeneration == obj.metadata.generation then
      return found
    end
  end
  return nil
end

local function because(found)
  if found.message == nil or found.message == "" then
    return found.reason
  end
  return found.reason .. ": " .. found.message
end

-- status.observedGeneration is -1 until the operator has seen the resource.
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  hs.status = "Progressing"
  hs.message = "The operator has not looked at this generation yet."
  return hs
end

local stalled = condition("Stalled")
if stalled ~= nil and stalled.status == "True" then
  hs.status = "Degraded"
  hs.message = because(stalled)
  return hs
end

local ready = condition("Ready")
if ready == nil then
  hs.status = "Progressing"
  hs.message = "The operator has not judged this generation yet."
  return hs
end

if ready.status == "True" then
  hs.status = "Healthy"
  hs.message = "Ready"
  -- What is in use but perhaps not as meant is said beside Accepted.
  local accepted = condition("Accepted")
  if accepted ~= nil and accepted.message ~= nil and accepted.message ~= "" then
    hs.message = accepted.message
  end
  return hs
end

hs.message = because(ready)
if ready.reason == "AccountSuspended" or ready.reason == "NotVerified" then
  -- An administrator, or a call to the number, has to come first.
  hs.status = "Suspended"
elseif obj.kind == "Edge" and ready.reason == "NoProxy" and obj.status.programmedRevision ~= nil then
  -- A new edge is waited for; one that had proxies, and has none, has failed.
  hs.status = "Degraded"
else
  hs.status = "Progressing"
end
return hs
